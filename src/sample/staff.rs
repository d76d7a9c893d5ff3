//! Records of employees as columns of text.

use jiff::civil::Date;

use super::Plan;
use super::facts::{Facts, Sex};
use super::words::{AGENCIES, DEGREES, FAMILY, GRADES, MEN, PLACES, Place, STREETS, WOMEN};

/// A row of `pns` or `peserta_banding`.
#[derive(Debug, Clone, Default)]
pub(super) struct Staff {
    pub(super) nip: String,
    pub(super) nik: String,
    pub(super) nama: String,
    pub(super) tempat_lahir: String,
    pub(super) tanggal_lahir: String,
    pub(super) jenis_kelamin: String,
    pub(super) alamat_domisili: String,
    pub(super) instansi_kerja: String,
    pub(super) instansi_kerja_kode: String,
    pub(super) instansi_induk: String,
    pub(super) instansi_induk_kode: String,
    pub(super) lokasi_kerja: String,
    pub(super) lokasi_kerja_kode: String,
    pub(super) status_pegawai: String,
    pub(super) golongan: String,
    pub(super) tmt_golongan: String,
    pub(super) masa_kerja_golongan_tahun: String,
    pub(super) masa_kerja_golongan_bulan: String,
    pub(super) jenis_data: String,
}

/// The columns in the order of the agreement's text (Pasal 3(1)a).
pub(super) const COLUMNS: [&str; 19] = [
    "nip",
    "nik",
    "nama",
    "tempat_lahir",
    "tanggal_lahir",
    "jenis_kelamin",
    "alamat_domisili",
    "instansi_kerja",
    "instansi_kerja_kode",
    "instansi_induk",
    "instansi_induk_kode",
    "lokasi_kerja",
    "lokasi_kerja_kode",
    "status_pegawai",
    "golongan",
    "tmt_golongan",
    "masa_kerja_golongan_tahun",
    "masa_kerja_golongan_bulan",
    "jenis_data",
];

impl Staff {
    /// The true record of a person, in normal form.
    pub(super) fn of(plan: &Plan, facts: &Facts) -> Self {
        let mut rng = plan.rng(facts.index, "staff");
        let mut pick = |places: &[Place]| {
            let (name, code) = rng.choice(places).copied().unwrap_or_default();
            (name.to_owned(), code.to_owned())
        };
        let (tempat_lahir, _) = pick(&PLACES);
        let (lokasi_kerja, lokasi_kerja_kode) = pick(&PLACES);
        let (instansi_induk, instansi_induk_kode) = pick(&AGENCIES);
        // One in twelve is seconded to another agency.
        let (instansi_kerja, instansi_kerja_kode) = match rng.u32(0..12) {
            0 => {
                let (name, code) = rng.choice(&AGENCIES).copied().unwrap_or_default();
                (name.to_owned(), code.to_owned())
            }
            _ => (instansi_induk.clone(), instansi_induk_kode.clone()),
        };
        let (status, data) = match (facts.pensioned, facts.probation) {
            (true, _) => ("", "PENSIUN_PNS"),
            (false, true) => ("CPNS", "PNS"),
            (false, false) => ("PNS", "PNS"),
        };
        Self {
            nip: facts.nip(),
            nik: facts.nik(plan, 0, facts.birth, facts.sex),
            nama: name(plan, facts),
            tempat_lahir,
            tanggal_lahir: facts.birth.to_string(),
            jenis_kelamin: facts.sex.as_str().to_owned(),
            alamat_domisili: address(plan, facts.index),
            instansi_kerja,
            instansi_kerja_kode,
            instansi_induk,
            instansi_induk_kode,
            lokasi_kerja,
            lokasi_kerja_kode,
            status_pegawai: status.to_owned(),
            golongan: grade(facts.grade),
            tmt_golongan: facts.graded.to_string(),
            masa_kerja_golongan_tahun: (facts.months / 12).to_string(),
            masa_kerja_golongan_bulan: (facts.months % 12).to_string(),
            jenis_data: data.to_owned(),
        }
    }

    /// The values in the order of [`COLUMNS`].
    pub(super) fn values(&self) -> [&str; 19] {
        [
            &self.nip,
            &self.nik,
            &self.nama,
            &self.tempat_lahir,
            &self.tanggal_lahir,
            &self.jenis_kelamin,
            &self.alamat_domisili,
            &self.instansi_kerja,
            &self.instansi_kerja_kode,
            &self.instansi_induk,
            &self.instansi_induk_kode,
            &self.lokasi_kerja,
            &self.lokasi_kerja_kode,
            &self.status_pegawai,
            &self.golongan,
            &self.tmt_golongan,
            &self.masa_kerja_golongan_tahun,
            &self.masa_kerja_golongan_bulan,
            &self.jenis_data,
        ]
    }

    /// The same values as another system writes them: dates, sex and numbers in other agreed forms.
    pub(super) fn dressed(mut self, index: u64) -> Self {
        match index % 4 {
            0 => rewrite(&mut self.tanggal_lahir, "%d-%m-%Y"),
            1 => rewrite(&mut self.tanggal_lahir, "%Y-%m-%dT00:00:00+07:00"),
            2 => rewrite(&mut self.tmt_golongan, "%d/%m/%Y"),
            _ => self.masa_kerja_golongan_bulan.insert(0, '0'),
        }
        let spellings = match self.jenis_kelamin.as_str() {
            "L" => ["L", "M", "1", "Laki-laki", "PRIA"],
            _ => ["P", "F", "2", "Perempuan", "WANITA"],
        };
        let spelling = usize::try_from(index / 4)
            .ok()
            .and_then(|n| spellings.get(n % spellings.len()));
        self.jenis_kelamin = spelling.copied().unwrap_or_default().to_owned();
        self
    }
}

/// Writes a date in another form.
fn rewrite(date: &mut String, form: &str) {
    if let Ok(day) = date.parse::<Date>() {
        *date = day.strftime(form).to_string();
    }
}

/// A name, sometimes with degrees.
fn name(plan: &Plan, facts: &Facts) -> String {
    let mut rng = plan.rng(facts.index, "name");
    let plain = given(plan, facts.index, 0, facts.sex);
    match rng.u32(0..8) {
        0 => {
            let (before, after) = rng.choice(&DEGREES).copied().unwrap_or_default();
            format!("{before}{plain}{after}")
        }
        _ => plain,
    }
}

/// A plain name of one of a household.
pub(super) fn given(plan: &Plan, index: u64, member: u64, sex: Sex) -> String {
    let mut rng = plan.rng(index * 8 + member, "given");
    let first = match sex {
        Sex::L => rng.choice(&MEN),
        Sex::P => rng.choice(&WOMEN),
    };
    let first = first.copied().unwrap_or_default();
    let second = rng.choice(&FAMILY).copied().unwrap_or_default();
    match rng.u32(0..3) {
        0 => format!(
            "{first} {second} {}",
            rng.choice(&FAMILY).copied().unwrap_or_default()
        ),
        _ => format!("{first} {second}"),
    }
}

/// An address: sometimes empty, in two lines, or with quotation marks.
pub(super) fn address(plan: &Plan, index: u64) -> String {
    let mut rng = plan.rng(index, "address");
    let street = rng.choice(&STREETS).copied().unwrap_or_default();
    let number = rng.u32(1..200);
    match rng.u32(0..24) {
        0 | 1 => String::new(),
        2 => format!("Jl. {street} No. {number}\nRT 03 / RW 05"),
        3 => format!("Perumahan \"{street} Asri\" Blok {number}; Tahap II"),
        _ => format!(
            "Jl. {street} No. {number}, RT 0{} RW 0{}",
            rng.u32(1..10),
            rng.u32(1..10)
        ),
    }
}

/// A grade by its position.
pub(super) fn grade(position: usize) -> String {
    GRADES.get(position).copied().unwrap_or("III/a").to_owned()
}
