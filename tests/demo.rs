//! The product in one minute, as a newcomer runs it.

use assert_cmd::Command;

fn padan() -> Command {
    Command::new(env!("CARGO_BIN_EXE_padan"))
}

#[test]
fn the_demo_does_the_whole_job_and_confirms_the_truth() {
    let keep = tempfile::tempdir().unwrap();
    let dir = keep.path().join("demo");
    let run = padan()
        .args(["demo", "--rows", "500", "--seed", "7", "--keep"])
        .arg(&dir)
        .assert()
        .success();
    let told = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    for word in [
        "bkn_pns_full_",
        "KUNCI_GANDA",
        "RUJUK_DUKCAPIL",
        "ADOPSI_BPJS",
        "SELESAI",
        "confirmed: all",
    ] {
        assert!(told.contains(word), "{word} is missing in:\n{told}");
    }
    assert!(dir.join("sample/truth.json").is_file());
    assert!(dir.join("bpjs/received/babak-2").is_dir());
}

#[test]
fn a_folder_that_is_there_is_not_touched() {
    let keep = tempfile::tempdir().unwrap();
    let run = padan()
        .args(["demo", "--keep"])
        .arg(keep.path())
        .assert()
        .code(2);
    let told = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(told.contains("is there already"), "{told}");
    assert_eq!(std::fs::read_dir(keep.path()).unwrap().count(), 0);
}
