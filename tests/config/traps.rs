//! What YAML does to people, and what a wrong file does to the service.

use std::fs::File;
use std::path::Path;

use padan::agreement::Agreement;

use crate::place::{Place, TODAY, example};

/// Files that are no configuration at all: one problem each, and quickly.
#[test]
fn a_file_that_is_no_configuration_is_one_problem() {
    let anchors: String = (1..12)
        .map(|i| {
            let again = vec![format!("*a{}", i - 1); 9].join(",");
            format!("a{i}: &a{i} [{again}]\n")
        })
        .collect();
    let long = "x".repeat(500_000);
    let cases: [(&str, Vec<u8>, &str); 15] = [
        (
            "empty",
            b"".to_vec(),
            "padan.yaml:1:1: expected a section with agreement, data_dir",
        ),
        (
            "comment",
            b"# soon\n".to_vec(),
            "padan.yaml:2:1: expected a section with agreement",
        ),
        (
            "word",
            b"padan\n".to_vec(),
            "padan.yaml:1:1: expected a section with agreement",
        ),
        (
            "list",
            b"- agreement\n".to_vec(),
            "padan.yaml:1:1: expected a section with agreement",
        ),
        (
            "tab",
            b"limits:\n\trow: 64KiB\n".to_vec(),
            "padan.yaml:2:1: is no readable YAML: found character that cannot start any token → indent with spaces",
        ),
        (
            "unclosed",
            b"keys: [a, b\n".to_vec(),
            "padan.yaml:2:1: is no readable YAML: did not find expected",
        ),
        (
            "two documents",
            b"a: 1\n---\nb: 2\n".to_vec(),
            "padan.yaml: is no readable YAML: deserializing from YAML containing more than one document",
        ),
        (
            "unknown anchor",
            b"a: *b\n".to_vec(),
            "padan.yaml:1:4: is no readable YAML: unknown anchor",
        ),
        (
            "many anchors",
            format!("a0: &a0 [x]\n{anchors}").into_bytes(),
            "padan.yaml: is no readable YAML: repetition limit exceeded",
        ),
        (
            "long anchors",
            format!("a: &a {long}\nb: [{}]\n", ["*a"; 1000].join(",")).into_bytes(),
            "padan.yaml:1:4: is no readable YAML: b[32]: its anchors (&name, *name) unfold to more than 16 MiB",
        ),
        (
            "anchor in itself",
            b"a: &a [*a]\n".to_vec(),
            "padan.yaml:1:4: is no readable YAML: recursion limit exceeded",
        ),
        (
            "depth",
            vec![b'['; 10_000],
            "padan.yaml:1:129: is no readable YAML: recursion limit exceeded",
        ),
        (
            "a map as key",
            b"{{ folder }}: x\n".to_vec(),
            "padan.yaml:1:1: is no readable YAML: invalid type: map, expected a word before the colon",
        ),
        (
            "no UTF-8",
            b"a: 1\nb: \xff\n".to_vec(),
            "padan.yaml: is not UTF-8 text (line 2) → save the file as UTF-8",
        ),
        (
            "control character",
            b"a: \x01\n".to_vec(),
            "padan.yaml:1:1: is no readable YAML: control characters",
        ),
    ];
    for (name, bytes, start) in cases {
        let place = Place::new();
        place.write("padan.yaml", bytes);
        let problems = place.problems();
        assert_eq!(problems.len(), 1, "{name}: {problems:?}");
        assert!(problems[0].starts_with(start), "{name}: {}", problems[0]);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_one_problem() {
    let place = Place::new();
    File::create(place.path("padan.yaml"))
        .and_then(|file| file.set_len(100 << 20))
        .unwrap();
    let too_large =
        "padan.yaml: is larger than 1024 KiB → name the configuration file, not a data file";
    assert_eq!(place.problems(), [too_large]);

    std::fs::remove_file(place.path("padan.yaml")).unwrap();
    let [missing] = &place.problems()[..] else {
        panic!("not one problem")
    };
    assert!(
        missing.starts_with("padan.yaml: cannot be read: "),
        "{missing}"
    );

    std::fs::create_dir(place.path("padan.yaml")).unwrap();
    let [folder] = &place.problems()[..] else {
        panic!("not one problem")
    };
    assert!(folder.ends_with("→ name a readable text file"), "{folder}");
}

/// Editors on Windows write both.
#[test]
fn a_byte_order_mark_and_carriage_returns_are_nothing() {
    let place = Place::new();
    for file in ["padan.yaml", "agreement.yaml"] {
        let text = place.read(file).replace('\n', "\r\n");
        place.write(file, format!("\u{feff}{text}"));
    }
    place.load().unwrap();
    place.edit("padan.yaml", "rescan: 10s", "rescan: 10");
    let problems = place.problems();
    assert!(problems[0].contains(":9 rescan: "), "{problems:?}");
}

/// A syntax error in one file does not hide the problems of the other.
#[test]
fn a_broken_agreement_leaves_the_service_file_checked() {
    let place = Place::new();
    place.edit("padan.yaml", "rescan: 10s", "rescan: 10");
    place.write("agreement.yaml", "datasets: {\n");
    let problems = place.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains(":9 rescan: "));
    assert!(problems[1].starts_with("agreement.yaml:2:1: is no readable YAML"));
}

#[test]
fn doubled_keys_are_all_told() {
    let place = Place::new();
    let text = "rescan: 1s\nrescan: 2s\nlimits: { row: 1KiB, row: 2KiB }\n";
    place.write("padan.yaml", format!("{}{text}", place.read("padan.yaml")));
    let problems = place.problems();
    let doubled: Vec<&String> = problems
        .iter()
        .filter(|p| p.contains("stands twice"))
        .collect();
    assert_eq!(doubled.len(), 3, "{problems:?}");
}

/// A message shows control characters escaped and long texts cut.
#[test]
fn a_message_cannot_write_to_the_terminal() {
    let place = Place::new();
    let long = "A".repeat(5000);
    place.edit(
        "padan.yaml",
        "namespace: padan",
        "namespace: \"\\e[31m!\"\n\"\\e[0m\": 1",
    );
    place.edit(
        "padan.yaml",
        "time_zone: Asia/Jakarta",
        &format!("time_zone: {long}"),
    );
    for problem in place.problems() {
        assert!(!problem.contains('\u{1b}'), "{problem:?}");
        assert!(problem.len() < 400, "{problem}");
    }
}

/// However the example is cut or a byte of it changed: an answer, never a panic.
#[test]
fn a_damaged_agreement_is_refused_in_words() {
    let text = example("agreement.yaml");
    let file = Path::new("agreement.yaml");
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        let mut damaged: Vec<char> = text.chars().collect();
        match random.u8(0..3) {
            0 => damaged.truncate(random.usize(0..damaged.len())),
            1 => drop(damaged.remove(random.usize(0..damaged.len()))),
            _ => {
                damaged[random.usize(0..text.chars().count())] =
                    char::from(random.choice(*b":{}[]-#&*!\n\t0 ").unwrap())
            }
        }
        let damaged: String = damaged.into_iter().collect();
        if let Err(problems) = Agreement::parse(&damaged, file, TODAY) {
            assert!(!problems.list().is_empty());
        }
    }
}
