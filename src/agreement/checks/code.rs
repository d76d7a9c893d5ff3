//! Stable codes of the row checks.

use serde::{Deserialize, Serialize};

use crate::rejection::{Entry, Level};

use super::table::TABLE;

/// What a check found. A code never changes its meaning; a new check gets a new code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckCode {
    /// A required column is empty.
    KosongWajib,
    /// More characters than agreed.
    KolomTerlaluPanjang,
    /// A control character other than a line break or a tab.
    KarakterKendali,
    /// A number that a spreadsheet shortened, rounded or wrote as `1.98E+17`.
    RusakSpreadsheet,
    /// Not an 18-digit employee number.
    NipBentuk,
    /// The 9-digit employee number used before 2008.
    NipLama,
    /// The number of a contract worker (PPPK), who is outside the agreement (Pasal 1(4)).
    NiPppk,
    /// Not a 16-digit population number.
    NikBentuk,
    /// The population number begins with no known province.
    NikWilayah,
    /// Not a 13-digit card number.
    KartuBentuk,
    /// None of the 17 grades.
    GolonganBentuk,
    /// The grade was understood and rewritten.
    GolonganDinormalkan,
    /// Sex in no known spelling.
    JenisKelaminBentuk,
    /// Not a date in an agreed form.
    TanggalBentuk,
    /// A placeholder instead of a date.
    TanggalPengganti,
    /// Not a whole number.
    AngkaBentuk,
    /// A whole number outside its bounds.
    AngkaDiLuarBatas,
    /// None of the agreed words.
    PilihanTidakDikenal,
    /// The birth date inside the NIP is another.
    NipTanggalLahir,
    /// The birth date inside the NIK is another.
    NikTanggalLahir,
    /// NIP, NIK and column disagree on sex; the column names the likely culprit.
    JenisKelaminBeda,
    /// The grade took effect before the service began.
    TmtSebelumCpns,
    /// The grade took effect on another day than the first of a month.
    TmtBukanAwalBulan,
    /// The grade takes effect after the day of the extract.
    TmtMasaDepan,
    /// More years of service than the threshold or the age allow.
    MasaKerjaTidakWajar,
    /// Too young at the start of service to be true.
    UsiaCpnsMustahil,
    /// Unusually young or old at the start of service.
    UsiaCpnsTidakLazim,
    /// Probationary for longer than it may last.
    CpnsTerlaluLama,
    /// Active over the first retirement age.
    UsiaPensiun,
    /// Active over the second retirement age.
    UsiaPensiunLewat,
    /// Active over the last retirement age.
    UsiaPensiunMustahil,
    /// A husband who is not male or a wife who is not female.
    PasanganJenisKelamin,
    /// More than one spouse.
    PasanganLebihDariSatu,
    /// More eligible children than the threshold.
    AnakTerlaluBanyak,
    /// A child of an age that needs school evidence.
    AnakBuktiSekolah,
    /// A child too old to be covered.
    AnakLewatUsia,
    /// The same key twice in one file: every copy is refused.
    KunciGanda,
    /// One NIK under two keys.
    NikGanda,
    /// An `aksi` other than TAMBAH, UBAH, HAPUS.
    AksiTidakDikenal,
    /// TAMBAH of a key that exists.
    DeltaAda,
    /// UBAH or HAPUS of a key that does not exist.
    DeltaTiada,
}

impl CheckCode {
    /// Every code, in the order of this list.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(code, _)| *code)
    }

    /// What is said about it: each code has one level (domain §3).
    #[allow(
        clippy::indexing_slicing,
        reason = "a test holds that the table has a row for every code"
    )]
    pub fn entry(self) -> &'static Entry {
        &TABLE[self as usize].1
    }

    /// The code as it stands in receipts and files, as `NIP_BENTUK`.
    pub fn as_str(self) -> &'static str {
        self.entry().name
    }

    /// How loudly it speaks.
    pub fn level(self) -> Level {
        self.entry().level
    }
}
