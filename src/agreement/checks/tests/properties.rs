//! Whatever comes is judged, without a panic, and normal forms stay what they are.

use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::TestCaseError;

use super::{judge, keluarga, pns, row_of};
use crate::agreement::Dataset;

proptest! {
    /// Whatever comes, a row is judged, and what was accepted is judged the same again.
    #[test]
    fn normal_forms_are_fixed_points(values in vec(any::<String>(), 0..15)) {
        for dataset in [pns(), keluarga()] {
            again(&dataset, &values)?;
        }
    }

    /// The same with values that are nearly right.
    #[test]
    fn nearly_right_values(
        nip in "[ ']?(19|20)[0-9]{2}[01][0-9][0-3][0-9](19|20)[0-9]{2}[0-2][0-9][0-3][0-9]{2,4}( |[.]0)?",
        nik in "[1-9][0-9]{5}[0-7][0-9][01][0-9]{7}",
        birth in "([0-3][0-9][-/][01][0-9][-/](18|19|20)[0-9]{2}|(18|19|20)[0-9]{2}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9])?)",
        golongan in "[IViv1-5]{1,4}/?[a-fA-F]",
        number in "[0-9]{0,12}",
        sex in "[LPMF12lpmfXW]",
    ) {
        let dataset = pns();
        let set = [
            ("nip", nip.as_str()), ("nik", &nik), ("tanggal_lahir", &birth), ("tmt_golongan", &birth),
            ("golongan", &golongan), ("tahun", &number), ("bulan", &number), ("jenis_kelamin", &sex),
        ];
        let values: Vec<_> = row_of(&dataset, &set).into_iter().map(str::to_owned).collect();
        again(&dataset, &values)?;
    }
}

fn again(dataset: &Dataset, values: &[String]) -> Result<(), TestCaseError> {
    let raw: Vec<&str> = values.iter().map(String::as_str).collect();
    let (_, row, findings) = judge(dataset, &raw);
    // Values that were refused are empty now; all others must stay, without the remark on their spelling.
    let normal: Vec<&str> = row.fields().collect();
    let (_, second, later) = judge(dataset, &normal);
    prop_assert_eq!(second.fields().collect::<Vec<_>>(), normal);
    prop_assert!(!later.iter().any(|f| f.starts_with("GOLONGAN_DINORMALKAN")));
    let faults = |all: &[String]| {
        all.iter()
            .filter(|f| !f.starts_with("KOSONG") && !f.starts_with("GOLONGAN_D"))
            .count()
    };
    prop_assert!(faults(&later) <= faults(&findings));
    Ok(())
}
