//! The files in `config/`, and what an operator does with them.

use jiff::civil::date;
use padan::agreement::build;
use padan::agreement::{Dataset, PartyId, Required};
use padan::config::Config;

use crate::place::{Place, TODAY, example};

fn names(dataset: &Dataset, reader: &str) -> Vec<String> {
    let reader: PartyId = reader.parse().unwrap();
    let fields = dataset.fields.iter().enumerate();
    fields
        .filter(|(position, _)| dataset.entitled(&reader, *position))
        .map(|(_, field)| field.name.clone())
        .collect()
}

#[test]
fn the_example_files_load_without_problem_or_warning() {
    let config = Place::new().load().unwrap();
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    let ids = config.agreement.datasets.iter().map(|d| d.id.as_str());
    assert_eq!(
        ids.collect::<Vec<_>>(),
        [
            "pns",
            "keluarga",
            "peserta_pns",
            "pejabat_negara",
            "keluarga_pejabat",
            "peserta_banding"
        ]
    );
    let parties = config.agreement.parties.each_ref();
    assert_eq!(parties.map(|p| p.id.as_str()), ["bpjs", "bkn"]);
    assert_eq!(config.listen.to_string(), "127.0.0.1:2222");
    assert_eq!(config.limits.data_file, 20 << 30);
}

#[test]
fn each_party_is_entitled_to_what_pasal_3_says() {
    let config = Place::new().load().unwrap();
    let agreement = &config.agreement;
    let dataset = |id: &str| agreement.dataset(&id.parse().unwrap()).unwrap();
    let cases = [
        ("pns", "bpjs", 19),
        ("keluarga", "bpjs", 8),
        ("peserta_pns", "bkn", 3),
        ("pejabat_negara", "bkn", 12),
        ("keluarga_pejabat", "bkn", 9),
        ("peserta_banding", "bkn", 0),
        // The supplier may see all of its own.
        ("peserta_banding", "bpjs", 19),
    ];
    for (id, reader, count) in cases {
        assert_eq!(names(dataset(id), reader).len(), count, "{reader} of {id}");
    }
    assert_eq!(
        names(dataset("peserta_pns"), "bkn"),
        ["nip", "nama", "nomor_kartu"]
    );
}

#[test]
fn the_rules_of_the_example_are_resolved() {
    let config = Place::new().load().unwrap();
    let agreement = &config.agreement;
    let pns = agreement.dataset(&"pns".parse().unwrap()).unwrap();
    let status = &pns.fields[pns.position("status_pegawai").unwrap()];
    assert_eq!(
        status.required,
        Required::When {
            column: pns.position("jenis_data").unwrap(),
            equals: "PNS".to_owned()
        }
    );
    let pembanding = &agreement.reconciliations[1];
    // With a second matching the key may differ too.
    assert_eq!(pembanding.comparisons.len(), 19);
    for comparison in &pembanding.comparisons {
        let [left, right] = comparison.positions;
        let banding = agreement.dataset(&pembanding.sides[1]).unwrap();
        assert_eq!(pns.fields[left].name, comparison.name);
        assert_eq!(banding.fields[right].name, comparison.name);
        assert_eq!(comparison.as_name, comparison.name == "nama");
    }
    let authority = |name: &str| {
        let comparisons = &mut pembanding.comparisons.iter();
        let found = comparisons.find(|c| c.name == name).unwrap();
        (
            found.authority.reference.as_str(),
            found.authority.action.as_str(),
        )
    };
    assert_eq!(authority("golongan"), ("BKN", "ADOPSI_BPJS"));
    assert_eq!(authority("nik"), ("DUKCAPIL", "RUJUK_DUKCAPIL"));
    assert_eq!(authority("alamat_domisili"), ("", "INFORMASI"));
}

#[test]
fn paths_are_relative_to_the_file() {
    let place = Place::new();
    let config = place.load().unwrap();
    assert_eq!(config.data_dir, place.path("data"));
    assert_eq!(config.keys.signing, place.path("keys/service/signing_key"));
    let bkn = &config.parties[&"bkn".parse().unwrap()];
    assert_eq!(
        bkn.recipients,
        place.path("keys/parties/bkn/recipients.txt")
    );
}

#[test]
fn a_new_dataset_needs_configuration_only() {
    let place = Place::new();
    place.edit(
        "agreement.yaml",
        "\ndatasets:\n",
        r#"
datasets:
  iuran:
    party: bpjs
    key: [nip, bulan]
    separator: ";"
    fields:
      nip: { kind: nip, required: true }
      bulan: { kind: integer, min: 1, max: 12, required: true }
      nama: { kind: name, max: 80 }
      lunas: { kind: choice, values: [YA, TIDAK] }
  potongan:
    party: bkn
    key: [nip, bulan]
    fields:
      nip: { kind: nip, required: true }
      bulan: { kind: integer, min: 1, max: 12, required: true }
      lunas: { kind: choice, values: [YA, TIDAK] }
"#,
    );
    place.edit(
        "agreement.yaml",
        "\nentitlement:\n  bpjs:\n",
        "\nentitlement:\n  bpjs:\n    potongan: all\n",
    );
    place.edit(
        "agreement.yaml",
        "\nauthority:\n",
        "\nauthority:\n  - { reference: none, action: PERIKSA_BERSAMA, columns: [lunas] }\n",
    );
    place.edit(
        "agreement.yaml",
        "\nreconciliations:\n",
        r#"
reconciliations:
  iuran:
    between: [potongan, iuran]
    key: [nip, bulan]
    compare: shared
    presence: { reference: bpjs, action: ADOPSI_BKN }
"#,
    );
    let config = place.load().unwrap();
    let id = "iuran".parse().unwrap();
    let iuran = config.agreement.dataset(&id).unwrap();
    assert_eq!(iuran.separator, Some(b';'));
    assert_eq!(iuran.key, [0, 1]);
    assert!(names(iuran, "bkn").is_empty());
    let reconciliation = config.agreement.reconciliations_of(&id).next().unwrap();
    let compared = reconciliation.comparisons.iter().map(|c| c.name.as_str());
    assert_eq!(compared.collect::<Vec<_>>(), ["lunas"]);
    assert_eq!(reconciliation.presence.reference, "BPJS");
}

#[test]
fn five_mistakes_in_two_files_are_told_at_once() {
    let place = Place::new();
    place.edit("padan.yaml", "rescan: 10s", "rescan: soon");
    place.edit("padan.yaml", "  row: 64KiB\n", "");
    place.edit(
        "agreement.yaml",
        "nik: { kind: nik, req",
        "nik: { knd: nik, req",
    );
    place.edit("agreement.yaml", "compare: [nama]", "compare: [nma]");
    place.edit(
        "agreement.yaml",
        "refused_percent: 5",
        "refused_percent: 500",
    );
    let messages = [
        " limits: the key `row` is missing",
        " rescan: \"soon\" is not a length of time",
        " datasets.pns.fields.nik.knd: unknown key \"knd\" → write `kind`",
        " reconciliations.kepesertaan.compare[0]: neither pns nor peserta_pns",
        " thresholds.refused_percent: 500 is not a whole number",
    ];
    let problems = place.problems();
    assert_eq!(problems.len(), messages.len(), "{problems:#?}");
    for (problem, message) in problems.iter().zip(messages) {
        assert!(problem.contains(message), "{problem}\n{message}");
    }
}

#[test]
fn the_notice_period_and_the_end_of_the_term_depend_on_the_day() {
    let place = Place::new();
    let path = place.path("padan.yaml");
    let cases = [
        (date(2016, 10, 9), Some("in force from 2016-10-10")),
        (date(2016, 10, 10), None),
        (date(2030, 7, 9), None),
        (date(2030, 7, 10), Some("within the notice period")),
        (date(2030, 10, 10), Some("within the notice period")),
    ];
    for (day, warning) in cases {
        let config = Config::load(&path, day).unwrap();
        let told: Vec<&str> = config.warnings.iter().map(|w| w.what.as_str()).collect();
        match warning {
            Some(text) => assert!(told.len() == 1 && told[0].contains(text), "{day}: {told:?}"),
            None => assert!(told.is_empty(), "{day}: {told:?}"),
        }
    }
    let over = Config::load(&path, date(2030, 10, 11)).unwrap_err();
    assert!(over.to_string().contains("ended on 2030-10-10"), "{over}");
}

#[test]
fn the_digest_is_that_of_the_bytes() {
    let place = Place::new();
    let text = example("agreement.yaml");
    let with_bom = format!("\u{feff}{text}");
    place.write("agreement.yaml", &with_bom);
    let config = place.load().unwrap();
    let expected = padan::delivery::Sha256Digest::of(with_bom.as_bytes());
    assert_eq!(config.agreement.digest, expected);
    let checked = build::check(&text, &place.path("agreement.yaml"), TODAY);
    assert_ne!(checked.agreement.unwrap().digest, expected);
}
