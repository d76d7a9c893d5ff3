//! The agreement as checked types: parties, datasets, fields, entitlement, authority, term.
//!
//! No rule of the agreement is in code: all of this is read from `config/agreement.yaml` ([`raw`]), checked
//! once ([`build`]) and then immutable. Positions (`usize`) index [`Dataset::fields`].

pub mod build;
pub mod calendar;
pub mod checks;
pub mod document;
pub mod ids;
pub mod minutes;
pub mod raw;
pub mod row;
mod rule;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

pub use calendar::{Period, Reminders, Schedule, Standing};
pub use ids::{DatasetId, PartyId, ReconciliationId};
pub use minutes::Minutes;
pub use row::Row;

pub use crate::rejection::Level;

use crate::digest::Sha256Digest;

/// The cooperation agreement: every rule by which data is accepted, compared and handed out.
#[derive(Debug)]
pub struct Agreement {
    /// The numbers under which both parties filed it.
    pub numbers: Vec<String>,
    /// Exactly two, in the order of the text (Pihak Pertama, Pihak Kedua).
    pub parties: [Party; 2],
    /// When it is in force (Pasal 7).
    pub term: Term,
    /// Parties whose files must be encrypted to post-quantum recipients, in both directions.
    pub postquantum: BTreeSet<PartyId>,
    /// All datasets, in the order of the file.
    pub datasets: Vec<Dataset>,
    /// All comparisons between a dataset of one party and one of the other.
    pub reconciliations: Vec<Reconciliation>,
    /// Class of a change per column (Pasal 1(6)).
    pub classes: ChangeClasses,
    /// Titles and abbreviations for the comparison of names.
    pub names: NameRules,
    /// Thresholds of the row checks.
    pub thresholds: Thresholds,
    /// Whether and how often a party that is late is told again; `None` for never.
    pub reminders: Option<Reminders>,
    /// What the minutes of a reconciliation say besides its figures.
    pub minutes: Minutes,
    /// SHA-256 of the agreement file's bytes: stands in every receipt.
    pub digest: Sha256Digest,
}

/// One of the two parties.
#[derive(Debug, Clone)]
pub struct Party {
    /// Account, signer and file-name prefix.
    pub id: PartyId,
    /// Full name for people.
    pub name: String,
}

/// Validity of the agreement.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// First day in force.
    pub signed: Date,
    /// Last day in force: `extended_until`, else signature plus term.
    pub until: Date,
    /// From this day on the operator is warned (Pasal 7: notice 3 months before the end).
    pub warn_from: Date,
}

impl Term {
    /// Whether the agreement is in force on `day`.
    pub fn covers(&self, day: Date) -> bool {
        (self.signed..=self.until).contains(&day)
    }
}

/// One kind of extract from one party.
#[derive(Debug)]
pub struct Dataset {
    /// Its name, as in file names.
    pub id: DatasetId,
    /// Who supplies it.
    pub party: PartyId,
    /// Its columns in canonical order.
    pub fields: Vec<Field>,
    /// The key columns; the first one groups rows (a family under one employee).
    pub key: Vec<usize>,
    /// A column whose value should not stand under two keys (`nik`): warned, both listed.
    pub unique: Option<usize>,
    /// The separator, where declared; else detected from the header row.
    pub separator: Option<u8>,
    /// Checks that look at more than one field of a row, or at rows of one group.
    pub checks: Vec<Check>,
    /// When its data is expected (Pasal 3); `None` for whenever it comes.
    pub expect: Option<Schedule>,
    /// Columns that the other party may receive (Pasal 3). The supplier may see all of its own.
    pub entitlement: BTreeMap<PartyId, Entitlement>,
}

impl Dataset {
    /// Position of a column by its name.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == column)
    }

    /// Whether `reader` may receive the column at `position`.
    pub fn entitled(&self, reader: &PartyId, position: usize) -> bool {
        *reader == self.party
            || self
                .entitlement
                .get(reader)
                .is_some_and(|entitlement| entitlement.columns.contains(&position))
    }

    /// Whether `reader` may know which records there are: its own, or those whose key it is entitled to. Else their number
    /// would tell what the rows do not.
    pub fn tells_records(&self, reader: &PartyId) -> bool {
        self.key.iter().all(|part| self.entitled(reader, *part))
    }
}

/// What one party may receive of a dataset of the other's (Pasal 3).
#[derive(Debug, Clone, Default)]
pub struct Entitlement {
    /// Positions of the columns.
    pub columns: BTreeSet<usize>,
    /// The rule as the agreement writes it, after its place there: `entitlement.bpjs.pns: all`.
    pub rule: String,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Field {
    /// The column's name, as in the header row.
    pub name: String,
    /// Its format and normal form.
    pub kind: FieldKind,
    /// Whether it may be empty.
    pub required: Required,
}

/// When a value must be present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    /// May be empty.
    No,
    /// Never empty.
    Yes,
    /// Never empty where another column has this value.
    When {
        /// The other column.
        column: usize,
        /// Its normalised value.
        equals: String,
    },
}

/// Format of a column (domain §3); each kind has one normal form, in which snapshots hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// Employee number, 18 digits.
    Nip,
    /// Population number, 16 digits.
    Nik,
    /// Card number, 13 digits, leading zeros kept.
    NomorKartu,
    /// A person's name: raw value kept, compared by [`NameRules`].
    Name {
        /// Longest length in characters.
        max: usize,
    },
    /// Free text, raw value kept.
    Text {
        /// Longest length in characters.
        max: usize,
    },
    /// A day; normal form `YYYY-MM-DD`.
    Date,
    /// Normal form `L` or `P`.
    Sex,
    /// Normal form `I/a` … `IV/e`.
    Golongan,
    /// A whole number, normal form without leading zeros.
    Integer {
        /// Smallest value.
        min: u32,
        /// Largest value.
        max: u32,
    },
    /// One of a list; upper case is the normal form.
    Choice(Vec<String>),
    /// An identifier of the supplier's own, kept as it is.
    Opaque {
        /// Longest length in characters.
        max: usize,
    },
}

/// A configured check: which rule, on which columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// The columns it reads, by the rule's own role names; all roles of the rule are present.
    pub columns: BTreeMap<&'static str, usize>,
}

/// Rules over several columns or several rows. Each documents its roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// `nip`, `tanggal_lahir`: birth date inside the NIP.
    NipTanggalLahir,
    /// `nik`, `tanggal_lahir`: birth date inside the NIK (women: day + 40).
    NikTanggalLahir,
    /// `nip`, `nik`, `jenis_kelamin`: sex by NIP, NIK and column; two against one name the culprit.
    JenisKelamin,
    /// `nik`, `jenis_kelamin`: sex by NIK and column, where there is no NIP.
    NikJenisKelamin,
    /// `nip`, `tmt_golongan`: grade before CPNS start; not on the 1st; in the future.
    TmtGolongan,
    /// `tahun`, `tanggal_lahir`: service longer than the threshold or than age − 18.
    MasaKerja,
    /// `nip`: age at CPNS start, from the NIP's two dates.
    UsiaCpns,
    /// `nip`, `status_pegawai`: CPNS longer than the threshold after the start.
    CpnsLama,
    /// `tanggal_lahir`, `jenis_data`: active and older than the retirement ages.
    UsiaPensiun,
    /// `hubungan`, `jenis_kelamin`: SUAMI not L, ISTRI not P.
    PasanganJenisKelamin,
    /// `hubungan` (rows of one group): more than one spouse.
    SatuPasangan,
    /// `hubungan`, `tanggal_lahir` (rows of one group): number and age of children.
    Anak,
}

/// One comparison between a dataset of each party.
#[derive(Debug)]
pub struct Reconciliation {
    /// Its name, as in `perbedaan_<name>.csv.age`.
    pub id: ReconciliationId,
    /// A dataset of one party and one of the other.
    pub sides: [DatasetId; 2],
    /// Names of the key columns as reported; both sides' key columns have these names.
    pub key: Vec<String>,
    /// Second matching for records unmatched by key: the column's position on each side (`nik`).
    pub also_by: Option<[usize; 2]>,
    /// Columns compared.
    pub comparisons: Vec<Comparison>,
    /// Position of the birth date on each side: decides between MIRIP and BEDA (domain §6).
    pub birth_date: Option<[usize; 2]>,
    /// Who is right about a record that only one side has.
    pub presence: Authority,
    /// Readers told a differing column's name although its value is not theirs (domain §2).
    pub names_disclosed_to: BTreeSet<PartyId>,
    /// Whether likely pairs are looked for among the records that met nobody, and by which columns.
    pub candidates: Option<Candidates>,
}

/// How likely pairs are found among the records that met nobody. They are for a person to decide, never adopted.
#[derive(Debug, Clone)]
pub struct Candidates {
    /// The columns that are compared, at least one of them a name or a number of a person.
    pub fields: Vec<CandidateField>,
    /// Least probability of a pair, in percent.
    pub least_percent: u8,
    /// A pair with a rival that is at most so many times less likely is marked as ambiguous.
    pub ambiguous_ratio: u32,
}

/// A column by which likely pairs are found.
#[derive(Debug, Clone)]
pub struct CandidateField {
    /// Name as reported in `alasan`.
    pub name: String,
    /// Its position on each side.
    pub positions: [usize; 2],
}

/// One compared column.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Name as reported in `kolom`.
    pub name: String,
    /// Its position on each side.
    pub positions: [usize; 2],
    /// Whether values compare as names.
    pub as_name: bool,
    /// Who is right (Pasal 9(3)).
    pub authority: Authority,
}

/// The reference where values differ, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// `acuan`: a party's id in upper case, an outside registry (`DUKCAPIL`), or empty for none.
    pub reference: String,
    /// `tindakan`: a stable word, as `ADOPSI_BPJS`, `RUJUK_DUKCAPIL`, `INFORMASI`, `PERIKSA_BERSAMA`.
    pub action: String,
}

/// Class of a change (domain §5). Order is the order of handling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeClass {
    /// Identity: handled first.
    Identitas,
    /// With financial effect.
    Finansial,
    /// Everything else.
    Nonfinansial,
}

impl ChangeClass {
    /// The word in `kelas`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identitas => "IDENTITAS",
            Self::Finansial => "FINANSIAL",
            Self::Nonfinansial => "NONFINANSIAL",
        }
    }
}

/// Which columns fall into which class; columns not named are NONFINANSIAL.
#[derive(Debug, Clone, Default)]
pub struct ChangeClasses {
    /// Class by column name.
    pub by_column: BTreeMap<String, ChangeClass>,
    /// Class of a record that appears or disappears.
    pub presence: Option<ChangeClass>,
}

/// How names are made comparable (domain §6).
#[derive(Debug, Clone, Default)]
pub struct NameRules {
    /// Leading titles dropped, upper case without dots.
    pub titles: BTreeSet<String>,
    /// Abbreviated words and what they stand for, as `MUH` → `MUHAMMAD`.
    pub expansions: BTreeMap<String, String>,
    /// Words that are expanded only as the first of two or more, as `M` → `MUHAMMAD`.
    pub first_word_expansions: BTreeMap<String, String>,
    /// Jaro-Winkler similarity from which names are MIRIP, in permille (920).
    pub similar_permille: u16,
}

/// Thresholds of row checks and of whole files; all configuration (P).
#[derive(Debug, Clone)]
pub struct Thresholds {
    /// Share of refused rows, in percent, above which the file is refused.
    pub refused_percent: u8,
    /// Years of service above which a row is warned.
    pub service_years_max: u32,
    /// Age in years before which service cannot have begun.
    pub service_from_age: u32,
    /// Youngest age at CPNS start; below is an error.
    pub cpns_age_error: u32,
    /// Usual ages at CPNS start; outside is a warning.
    pub cpns_age_usual: [u32; 2],
    /// Years after which CPNS should have become PNS.
    pub cpns_years_max: u32,
    /// Ages over which an active person is INFO, WARN, ERROR.
    pub retirement_ages: [u32; 3],
    /// Number of eligible children above which a family is warned.
    pub children_max: u32,
    /// Age from which a child needs school evidence, and from which it is no longer eligible.
    pub child_ages: [u32; 2],
    /// First two digits of a NIK that name a province.
    pub nik_provinces: BTreeSet<u8>,
}

impl Agreement {
    /// The dataset of that name.
    pub fn dataset(&self, id: &DatasetId) -> Option<&Dataset> {
        self.datasets.iter().find(|d| d.id == *id)
    }

    /// The other party.
    pub fn counterpart(&self, party: &PartyId) -> &Party {
        let [first, second] = &self.parties;
        if first.id == *party { second } else { first }
    }

    /// The reconciliations in which a dataset takes part.
    pub fn reconciliations_of(&self, id: &DatasetId) -> impl Iterator<Item = &Reconciliation> {
        self.reconciliations
            .iter()
            .filter(move |r| r.sides.contains(id))
    }
}
