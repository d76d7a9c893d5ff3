//! Valid rows of the six datasets of the example agreement, to be spoilt by tests.

use std::fmt::Write;

/// A table of text with a header row.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    fn of(columns: &str, rows: impl Iterator<Item = Vec<String>>) -> Self {
        Self {
            columns: columns.split_whitespace().map(str::to_owned).collect(),
            rows: rows.collect(),
        }
    }

    /// Writes one value.
    pub fn set(mut self, row: usize, column: &str, value: &str) -> Self {
        let position = self.position(column);
        self.rows[row][position] = value.to_owned();
        self
    }

    /// Reads one value.
    pub fn get(&self, row: usize, column: &str) -> &str {
        &self.rows[row][self.position(column)]
    }

    /// Keeps only these rows.
    pub fn only(mut self, rows: impl IntoIterator<Item = usize>) -> Self {
        self.rows = rows.into_iter().map(|row| self.rows[row].clone()).collect();
        self
    }

    /// Adds a column in front, with one value a row.
    pub fn with_first(mut self, column: &str, values: &[&str]) -> Self {
        assert_eq!(values.len(), self.rows.len());
        self.columns.insert(0, column.to_owned());
        for (row, value) in self.rows.iter_mut().zip(values) {
            row.insert(0, (*value).to_owned());
        }
        self
    }

    /// Removes a column.
    pub fn without(mut self, column: &str) -> Self {
        let position = self.position(column);
        self.columns.remove(position);
        self.rows.iter_mut().for_each(|row| {
            row.remove(position);
        });
        self
    }

    /// The columns in the opposite order.
    pub fn reversed(mut self) -> Self {
        self.columns.reverse();
        self.rows.iter_mut().for_each(|row| row.reverse());
        self
    }

    /// With commas and line feeds.
    pub fn csv(&self) -> Vec<u8> {
        self.text(",", "\n").into_bytes()
    }

    /// With other separators.
    pub fn text(&self, separator: &str, line_end: &str) -> String {
        let mut text = String::new();
        for row in [&self.columns].into_iter().chain(&self.rows) {
            write!(text, "{}{line_end}", row.join(separator)).unwrap();
        }
        text
    }

    /// What must never be seen outside an encrypted file: the long values of the first rows.
    pub fn secrets(&self) -> Vec<String> {
        ["nip", "nik", "nama", "nomor_kartu"]
            .into_iter()
            .filter(|column| self.columns.iter().any(|c| c == column))
            .flat_map(|column| (0..self.rows.len().min(3)).map(move |row| (row, column)))
            .map(|(row, column)| self.get(row, column).to_owned())
            .filter(|value| value.len() >= 8)
            .collect()
    }

    fn position(&self, column: &str) -> usize {
        let same = |c: &String| c == column;
        self.columns.iter().position(same).unwrap()
    }
}

/// The employees number `0..count`, as BKN has them.
pub fn pns(count: usize) -> Sheet {
    Sheet::of(
        "nip nik nama tempat_lahir tanggal_lahir jenis_kelamin alamat_domisili instansi_kerja \
         instansi_kerja_kode instansi_induk instansi_induk_kode lokasi_kerja lokasi_kerja_kode status_pegawai \
         golongan tmt_golongan masa_kerja_golongan_tahun masa_kerja_golongan_bulan jenis_data",
        (0..count).map(|i| {
            let p = Person(i);
            [
                &p.nip(),
                &p.nik(),
                &p.name(),
                "Kota Bandung",
                &p.birth(),
                p.sex(),
                "Jalan Kenanga 7",
                "Badan Uji",
                "BU-1",
                "Badan Uji",
                "BU-1",
                "Jakarta",
                "3171",
                "PNS",
                "III/a",
                "2020-04-01",
                "9",
                "3",
                "PNS",
            ]
            .map(str::to_owned)
            .to_vec()
        }),
    )
}

/// The same people as BPJS has them insured.
pub fn peserta_pns(count: usize) -> Sheet {
    let rows = (0..count).map(|i| vec![Person(i).nip(), Person(i).name(), Person(i).card()]);
    Sheet::of("nip nama nomor_kartu", rows)
}

/// The same people as BPJS has them in its own copy of BKN's columns.
pub fn peserta_banding(count: usize) -> Sheet {
    pns(count)
}

/// One spouse for each employee.
pub fn keluarga(count: usize) -> Sheet {
    let columns = "nip no_urut nik nama hubungan tempat_lahir tanggal_lahir jenis_kelamin";
    Sheet::of(
        columns,
        (0..count).map(|i| Person(i).spouse(Person(i).nip())),
    )
}

/// State officials, as BPJS has them.
pub fn pejabat_negara(count: usize) -> Sheet {
    Sheet::of(
        "nip nik nama id nomor_kartu tempat_lahir tanggal_lahir jenis_kelamin alamat_domisili instansi_kerja \
         instansi_induk jenis_data",
        (0..count).map(|i| {
            let p = Person(i);
            [
                "",
                &p.nik(),
                &p.name(),
                &format!("PJ-{i}"),
                &p.card(),
                "Kota Bandung",
                &p.birth(),
                p.sex(),
                "Jalan Kenanga 7",
                "Dewan Uji",
                "Dewan Uji",
                "PEJABAT",
            ]
            .map(str::to_owned)
            .to_vec()
        }),
    )
}

/// One spouse for each state official.
pub fn keluarga_pejabat(count: usize) -> Sheet {
    let columns = "nik_peserta no_urut nik nama hubungan tempat_lahir tanggal_lahir jenis_kelamin nomor_kartu";
    let rows = (0..count).map(|i| {
        let mut row = Person(i).spouse(Person(i).nik());
        row.push(Person(i + 500).card());
        row
    });
    Sheet::of(columns, rows)
}

/// Somebody whose numbers, dates and sex agree with each other. Even ones are women.
struct Person(usize);

impl Person {
    fn date(&self) -> (usize, usize, usize) {
        (1980 + self.0 % 12, 1 + self.0 % 9, 1 + self.0 % 28)
    }

    fn birth(&self) -> String {
        let (year, month, day) = self.date();
        format!("{year}-{month:02}-{day:02}")
    }

    fn sex(&self) -> &'static str {
        if self.0.is_multiple_of(2) { "P" } else { "L" }
    }

    fn nip(&self) -> String {
        let (year, month, day) = self.date();
        let sex = if self.sex() == "L" { 1 } else { 2 };
        let (start, serial) = (self.0 / 999, 1 + self.0 % 999);
        let (start_year, start_month) = (2010 + start / 12, 1 + start % 12);
        format!("{year}{month:02}{day:02}{start_year}{start_month:02}{sex}{serial:03}")
    }

    fn nik(&self) -> String {
        nik(self.date(), self.sex(), 1 + self.0 % 5000)
    }

    fn card(&self) -> String {
        format!("000{:010}", 7_310_000_000 + self.0)
    }

    fn name(&self) -> String {
        let word = WORDS[self.0 % WORDS.len()];
        let letter = |n: usize| char::from(b'A' + (n % 26) as u8);
        let last: String = [self.0 / 6_760, self.0 / 260, self.0 / 10]
            .map(letter)
            .iter()
            .collect();
        format!("KENARI {word} WIJAYA{last}")
    }

    fn spouse(&self, of: String) -> Vec<String> {
        let sex = if self.sex() == "L" { "P" } else { "L" };
        let kind = if sex == "L" { "SUAMI" } else { "ISTRI" };
        [
            &of,
            "1",
            &nik(self.date(), sex, 5001 + self.0 % 4999),
            &format!("PASANGAN {}", self.name()),
            kind,
            "Kota Bandung",
            &self.birth(),
            sex,
        ]
        .map(str::to_owned)
        .to_vec()
    }
}

const WORDS: [&str; 10] = [
    "ADI", "BELA", "CIPTA", "DEWI", "EKO", "FITRI", "GALIH", "HANA", "INDRA", "JOKO",
];

fn nik((year, month, day): (usize, usize, usize), sex: &str, serial: usize) -> String {
    let day = if sex == "P" { day + 40 } else { day };
    format!("317101{day:02}{month:02}{:02}{serial:04}", year % 100)
}
