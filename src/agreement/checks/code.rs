//! Stable codes of the row checks and how loudly each speaks.

use serde::{Deserialize, Serialize};

use crate::agreement::Level;

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
    pub const ALL: [Self; 41] = [
        Self::KosongWajib,
        Self::KolomTerlaluPanjang,
        Self::KarakterKendali,
        Self::RusakSpreadsheet,
        Self::NipBentuk,
        Self::NipLama,
        Self::NiPppk,
        Self::NikBentuk,
        Self::NikWilayah,
        Self::KartuBentuk,
        Self::GolonganBentuk,
        Self::GolonganDinormalkan,
        Self::JenisKelaminBentuk,
        Self::TanggalBentuk,
        Self::TanggalPengganti,
        Self::AngkaBentuk,
        Self::AngkaDiLuarBatas,
        Self::PilihanTidakDikenal,
        Self::NipTanggalLahir,
        Self::NikTanggalLahir,
        Self::JenisKelaminBeda,
        Self::TmtSebelumCpns,
        Self::TmtBukanAwalBulan,
        Self::TmtMasaDepan,
        Self::MasaKerjaTidakWajar,
        Self::UsiaCpnsMustahil,
        Self::UsiaCpnsTidakLazim,
        Self::CpnsTerlaluLama,
        Self::UsiaPensiun,
        Self::UsiaPensiunLewat,
        Self::UsiaPensiunMustahil,
        Self::PasanganJenisKelamin,
        Self::PasanganLebihDariSatu,
        Self::AnakTerlaluBanyak,
        Self::AnakBuktiSekolah,
        Self::AnakLewatUsia,
        Self::KunciGanda,
        Self::NikGanda,
        Self::AksiTidakDikenal,
        Self::DeltaAda,
        Self::DeltaTiada,
    ];

    /// The code as it stands in receipts and files, as `NIP_BENTUK`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KosongWajib => "KOSONG_WAJIB",
            Self::KolomTerlaluPanjang => "KOLOM_TERLALU_PANJANG",
            Self::KarakterKendali => "KARAKTER_KENDALI",
            Self::RusakSpreadsheet => "RUSAK_SPREADSHEET",
            Self::NipBentuk => "NIP_BENTUK",
            Self::NipLama => "NIP_LAMA",
            Self::NiPppk => "NI_PPPK",
            Self::NikBentuk => "NIK_BENTUK",
            Self::NikWilayah => "NIK_WILAYAH",
            Self::KartuBentuk => "KARTU_BENTUK",
            Self::GolonganBentuk => "GOLONGAN_BENTUK",
            Self::GolonganDinormalkan => "GOLONGAN_DINORMALKAN",
            Self::JenisKelaminBentuk => "JENIS_KELAMIN_BENTUK",
            Self::TanggalBentuk => "TANGGAL_BENTUK",
            Self::TanggalPengganti => "TANGGAL_PENGGANTI",
            Self::AngkaBentuk => "ANGKA_BENTUK",
            Self::AngkaDiLuarBatas => "ANGKA_DI_LUAR_BATAS",
            Self::PilihanTidakDikenal => "PILIHAN_TIDAK_DIKENAL",
            Self::NipTanggalLahir => "NIP_TANGGAL_LAHIR",
            Self::NikTanggalLahir => "NIK_TANGGAL_LAHIR",
            Self::JenisKelaminBeda => "JENIS_KELAMIN_BEDA",
            Self::TmtSebelumCpns => "TMT_SEBELUM_CPNS",
            Self::TmtBukanAwalBulan => "TMT_BUKAN_AWAL_BULAN",
            Self::TmtMasaDepan => "TMT_MASA_DEPAN",
            Self::MasaKerjaTidakWajar => "MASA_KERJA_TIDAK_WAJAR",
            Self::UsiaCpnsMustahil => "USIA_CPNS_MUSTAHIL",
            Self::UsiaCpnsTidakLazim => "USIA_CPNS_TIDAK_LAZIM",
            Self::CpnsTerlaluLama => "CPNS_TERLALU_LAMA",
            Self::UsiaPensiun => "USIA_PENSIUN",
            Self::UsiaPensiunLewat => "USIA_PENSIUN_LEWAT",
            Self::UsiaPensiunMustahil => "USIA_PENSIUN_MUSTAHIL",
            Self::PasanganJenisKelamin => "PASANGAN_JENIS_KELAMIN",
            Self::PasanganLebihDariSatu => "PASANGAN_LEBIH_DARI_SATU",
            Self::AnakTerlaluBanyak => "ANAK_TERLALU_BANYAK",
            Self::AnakBuktiSekolah => "ANAK_BUKTI_SEKOLAH",
            Self::AnakLewatUsia => "ANAK_LEWAT_USIA",
            Self::KunciGanda => "KUNCI_GANDA",
            Self::NikGanda => "NIK_GANDA",
            Self::AksiTidakDikenal => "AKSI_TIDAK_DIKENAL",
            Self::DeltaAda => "DELTA_ADA",
            Self::DeltaTiada => "DELTA_TIADA",
        }
    }

    /// How loudly it speaks (domain §3): each code has one level.
    pub fn level(self) -> Level {
        match self {
            Self::GolonganDinormalkan | Self::UsiaPensiun | Self::AnakBuktiSekolah => Level::Info,
            Self::NikWilayah
            | Self::NipTanggalLahir
            | Self::NikTanggalLahir
            | Self::JenisKelaminBeda
            | Self::TmtBukanAwalBulan
            | Self::TmtMasaDepan
            | Self::MasaKerjaTidakWajar
            | Self::UsiaCpnsTidakLazim
            | Self::CpnsTerlaluLama
            | Self::UsiaPensiunLewat
            | Self::PasanganJenisKelamin
            | Self::PasanganLebihDariSatu
            | Self::AnakTerlaluBanyak
            | Self::AnakLewatUsia
            | Self::NikGanda => Level::Warn,
            Self::KosongWajib
            | Self::KolomTerlaluPanjang
            | Self::KarakterKendali
            | Self::RusakSpreadsheet
            | Self::NipBentuk
            | Self::NipLama
            | Self::NiPppk
            | Self::NikBentuk
            | Self::KartuBentuk
            | Self::GolonganBentuk
            | Self::JenisKelaminBentuk
            | Self::TanggalBentuk
            | Self::TanggalPengganti
            | Self::AngkaBentuk
            | Self::AngkaDiLuarBatas
            | Self::PilihanTidakDikenal
            | Self::TmtSebelumCpns
            | Self::UsiaCpnsMustahil
            | Self::UsiaPensiunMustahil
            | Self::KunciGanda
            | Self::AksiTidakDikenal
            | Self::DeltaAda
            | Self::DeltaTiada => Level::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::CheckCode;

    #[test]
    fn every_code_is_listed_once_and_reads_the_same_in_json() {
        let distinct: BTreeSet<_> = CheckCode::ALL.into_iter().collect();
        assert_eq!(distinct.len(), CheckCode::ALL.len());
        for code in CheckCode::ALL {
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{}\"", code.as_str()));
        }
        // The last variant's position is the number of variants less one: none is missing from ALL.
        assert_eq!(CheckCode::DeltaTiada as usize + 1, CheckCode::ALL.len());
    }
}
