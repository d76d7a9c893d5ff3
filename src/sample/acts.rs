//! The parts that people play: a fault, an oddity or a difference each, or none.

use super::cast::Part;
use super::facts::{Facts, months_between};

/// What is special about one employee. In the order in which a small sample takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    // Differences between the parties, both rows accepted.
    /// A name written differently that is the same.
    NamaNormal,
    /// A similar name.
    NamaMirip,
    /// Only BKN has the person.
    HanyaBkn,
    /// Only BPJS has the person.
    HanyaBpjs,
    /// BPJS has not adopted a promotion.
    GolonganLama,
    /// BPJS has another NIP and the same NIK.
    NipBeda,
    /// Another name.
    NamaBeda,
    /// BPJS has two records with the NIK, under two other NIPs.
    NikGandaBpjs,
    /// Day and month of birth swapped by BPJS.
    TanggalTertukar,
    /// A similar name and another birth date: not similar any more.
    NamaMiripLahirBeda,
    /// A village for a regency.
    TempatLahir,
    /// Moved to another agency; BPJS has the old one.
    InstansiKerja,
    /// The home agency changed.
    InstansiInduk,
    /// Another place of work.
    LokasiKerja,
    /// BPJS's NIK was rounded by a spreadsheet.
    NikBulat,
    /// BPJS still has CPNS.
    StatusLama,
    /// BPJS still has an active employee.
    PensiunLama,
    /// BPJS has no address.
    AlamatKosong,
    /// Another address.
    AlamatBeda,
    /// BPJS has another number of months.
    MasaKerjaBulan,
    /// BPJS has the other sex.
    KelaminBpjs,
    /// BPJS lacks an agency's code.
    KodeKosong,
    // Oddities: accepted, with a warning or a remark.
    /// BKN has the other sex in the column.
    KelaminBkn,
    /// A NIK from no known province.
    NikWilayah,
    /// Another birth date in the NIP.
    NipTanggal,
    /// Another birth date in the NIK.
    NikTanggal,
    /// A grade from the middle of a month.
    TmtTengahBulan,
    /// A grade from next month.
    TmtMasaDepan,
    /// Total service instead of service in grade.
    MasaKerjaTotal,
    /// In service at 16.
    CpnsMuda,
    /// CPNS for years.
    CpnsLama,
    /// Active at 59 to 63.
    AktifTua,
    /// Active at 66 to 68.
    AktifSangatTua,
    /// `IIIa`.
    GolonganGaya,
    /// The spouse's NIK: one NIK under two NIPs.
    NikPasangan,
    // Refused rows of BKN.
    /// Spaces inside the NIP.
    NipSpasi,
    /// 9 digits.
    NipLama,
    /// `1.98E+17`.
    NipIlmiah,
    /// The last three digits lost.
    NipBulat,
    /// A contract worker's number.
    NipPppk,
    /// No NIK.
    NikKosong,
    /// A NIK with an impossible day.
    NikBentuk,
    /// The rank's name.
    GolonganPangkat,
    /// 1900-01-01.
    TanggalPengisi,
    /// A grade before the service.
    TmtSebelumCpns,
    /// 14 months.
    BulanEmpatBelas,
    /// In service at 14.
    CpnsAnak,
    /// Active at 71 or more.
    AktifMustahil,
    /// No status of an active employee.
    StatusKosong,
    /// The same row twice.
    BarisGanda,
    // Refused rows of BPJS's copy.
    /// A control character in the address.
    Kendali,
    /// Month before day.
    BulanDulu,
    /// `X` for sex.
    KelaminAsing,
    /// An endless address.
    AlamatPanjang,
    /// `HONORER`.
    StatusAsing,
    /// Months in words.
    BulanKata,
    // Refused rows of BPJS's participants.
    /// A card of 12 digits.
    KartuPendek,
    /// A card as `1.0E+9`.
    KartuIlmiah,
    /// A card with a letter.
    KartuHuruf,
    /// Nothing.
    Biasa,
}

impl Act {
    /// Rows that the person has in `pns`.
    pub(super) fn pns_rows(self) -> u64 {
        match self {
            Self::HanyaBpjs => 0,
            Self::BarisGanda | Self::NikPasangan => 2,
            _ => 1,
        }
    }
}

impl Part for Act {
    const NONE: Self = Self::Biasa;

    const ALL: &'static [Self] = &[
        Self::NamaNormal,
        Self::NamaMirip,
        Self::HanyaBkn,
        Self::HanyaBpjs,
        Self::GolonganLama,
        Self::NipBeda,
        Self::NamaBeda,
        Self::NikGandaBpjs,
        Self::TanggalTertukar,
        Self::NamaMiripLahirBeda,
        Self::TempatLahir,
        Self::InstansiKerja,
        Self::InstansiInduk,
        Self::LokasiKerja,
        Self::NikBulat,
        Self::StatusLama,
        Self::PensiunLama,
        Self::AlamatKosong,
        Self::AlamatBeda,
        Self::MasaKerjaBulan,
        Self::KelaminBpjs,
        Self::KodeKosong,
        Self::KelaminBkn,
        Self::NikWilayah,
        Self::NipTanggal,
        Self::NikTanggal,
        Self::TmtTengahBulan,
        Self::TmtMasaDepan,
        Self::MasaKerjaTotal,
        Self::CpnsMuda,
        Self::CpnsLama,
        Self::AktifTua,
        Self::AktifSangatTua,
        Self::GolonganGaya,
        Self::NikPasangan,
        Self::NipSpasi,
        Self::NipLama,
        Self::NipIlmiah,
        Self::NipBulat,
        Self::NipPppk,
        Self::NikKosong,
        Self::NikBentuk,
        Self::GolonganPangkat,
        Self::TanggalPengisi,
        Self::TmtSebelumCpns,
        Self::BulanEmpatBelas,
        Self::CpnsAnak,
        Self::AktifMustahil,
        Self::StatusKosong,
        Self::BarisGanda,
        Self::Kendali,
        Self::BulanDulu,
        Self::KelaminAsing,
        Self::AlamatPanjang,
        Self::StatusAsing,
        Self::BulanKata,
        Self::KartuPendek,
        Self::KartuIlmiah,
        Self::KartuHuruf,
    ];

    fn fits(self, facts: &Facts) -> bool {
        let settled = !facts.pensioned && !facts.probation;
        // A birth date may move by months without touching a retirement age.
        let steady = facts.pensioned || facts.age <= 56;
        match self {
            Self::GolonganLama => settled && facts.months > 12,
            Self::TanggalTertukar => {
                steady && facts.birth.day() <= 12 && facts.birth.day() != facts.birth.month()
            }
            Self::NamaMiripLahirBeda | Self::NipTanggal | Self::NikTanggal => {
                steady && (5..=24).contains(&facts.birth.day())
            }
            Self::NipBeda | Self::NikGandaBpjs | Self::CpnsAnak | Self::CpnsMuda => {
                !facts.probation
            }
            Self::PensiunLama | Self::AktifTua => (59..=63).contains(&facts.age),
            Self::AktifSangatTua => (66..=68).contains(&facts.age),
            Self::AktifMustahil => facts.age > 70,
            Self::StatusLama | Self::CpnsLama => {
                settled && months_between(facts.start, facts.graded) > 36
            }
            Self::StatusAsing | Self::StatusKosong | Self::MasaKerjaTotal => settled,
            Self::TmtMasaDepan | Self::TmtTengahBulan => settled && facts.months > 6,
            Self::BulanDulu => facts.birth.day() > 12,
            _ => true,
        }
    }

    fn refused(self) -> u64 {
        match self {
            Self::BarisGanda => 2,
            Self::NipSpasi
            | Self::NipLama
            | Self::NipIlmiah
            | Self::NipBulat
            | Self::NipPppk
            | Self::NikKosong
            | Self::NikBentuk
            | Self::GolonganPangkat
            | Self::TanggalPengisi
            | Self::TmtSebelumCpns
            | Self::BulanEmpatBelas
            | Self::CpnsAnak
            | Self::AktifMustahil
            | Self::StatusKosong
            | Self::Kendali
            | Self::BulanDulu
            | Self::KelaminAsing
            | Self::AlamatPanjang
            | Self::StatusAsing
            | Self::BulanKata
            | Self::KartuPendek
            | Self::KartuIlmiah
            | Self::KartuHuruf => 1,
            _ => 0,
        }
    }
}
