//! Names, places and offices that synthetic people have. All are common words; no list of real people was used.

use super::facts::Sex;

/// Given names of men.
pub(super) const MEN: [&str; 24] = [
    "AGUS", "BUDI", "EKO", "DEDI", "HENDRA", "IWAN", "YUSUF", "RUDI", "ANDI", "BAMBANG", "SLAMET",
    "WAYAN", "KETUT", "FAJAR", "RIZAL", "DARMAWAN", "GUNAWAN", "TEGUH", "ARIF", "IRFAN", "SURYA",
    "TAUFIK", "YANTO", "ZAINAL",
];

/// Given names of women.
pub(super) const WOMEN: [&str; 24] = [
    "SRI",
    "DEWI",
    "RINA",
    "WATI",
    "FITRI",
    "INDAH",
    "LESTARI",
    "YULIANA",
    "ENDANG",
    "RATNA",
    "NINGSIH",
    "AYU",
    "KARTINI",
    "MEGA",
    "PUTRI",
    "RAHMAWATI",
    "SUSANTI",
    "TUTI",
    "UMI",
    "WULAN",
    "YANI",
    "ZUBAIDAH",
    "LINA",
    "MARIA",
];

/// Second and third names of both.
pub(super) const FAMILY: [&str; 32] = [
    "SANTOSO",
    "WIJAYA",
    "NASUTION",
    "SIREGAR",
    "HIDAYAT",
    "SAPUTRA",
    "HARAHAP",
    "PRATAMA",
    "KUSUMA",
    "LUBIS",
    "SETIAWAN",
    "SIMANJUNTAK",
    "WIBOWO",
    "TANJUNG",
    "MAHENDRA",
    "SITUMORANG",
    "PURNOMO",
    "HAKIM",
    "UTAMI",
    "RAMADHAN",
    "MANURUNG",
    "PERMATA",
    "SUSILO",
    "HASIBUAN",
    "MAULANA",
    "TARIGAN",
    "NUGROHO",
    "YULIANTO",
    "PANJAITAN",
    "ARIFIN",
    "RITONGA",
    "SUDRAJAT",
];

/// Degrees written before and after a name; both parties write them alike unless a difference is planted.
pub(super) const DEGREES: [(&str, &str); 5] = [
    ("Drs. ", ", M.Si"),
    ("", ", S.Pd"),
    ("Dr. ", ", M.Kes"),
    ("Ir. ", ""),
    ("", ", S.H., M.H."),
];

/// A place with its region code.
pub(super) type Place = (&'static str, &'static str);

/// Regencies and cities.
pub(super) const PLACES: [Place; 24] = [
    ("KOTA BANDUNG", "3273"),
    ("KABUPATEN BOGOR", "3201"),
    ("KOTA SEMARANG", "3374"),
    ("KABUPATEN KLATEN", "3310"),
    ("KOTA SURABAYA", "3578"),
    ("KABUPATEN MALANG", "3507"),
    ("KOTA MEDAN", "1271"),
    ("KABUPATEN DELI SERDANG", "1207"),
    ("KOTA PADANG", "1371"),
    ("KOTA PALEMBANG", "1671"),
    ("KOTA MAKASSAR", "7371"),
    ("KABUPATEN GOWA", "7306"),
    ("KOTA DENPASAR", "5171"),
    ("KABUPATEN SLEMAN", "3404"),
    ("KOTA PONTIANAK", "6171"),
    ("KOTA SAMARINDA", "6472"),
    ("KOTA MANADO", "7171"),
    ("KOTA AMBON", "8171"),
    ("KOTA JAYAPURA", "9171"),
    ("KOTA KUPANG", "5371"),
    ("KABUPATEN SERANG", "3604"),
    ("KOTA BANDA ACEH", "1171"),
    ("KOTA PEKANBARU", "1471"),
    ("KOTA ADMINISTRASI JAKARTA TIMUR", "3175"),
];

/// Villages that someone wrote where the regency belongs.
pub(super) const VILLAGES: [&str; 6] = [
    "SUKAMAJU",
    "KARANGANYAR KIDUL",
    "TANJUNG MULIA",
    "CIKONENG",
    "BANJARSARI",
    "NGADIREJO",
];

/// Agencies with their codes.
pub(super) const AGENCIES: [Place; 16] = [
    ("Kementerian Kesehatan", "A5EB03E23BFAF6A0E040640A040252AD"),
    ("Kementerian Keuangan", "A5EB03E23BFBF6A0E040640A040252AD"),
    ("Kementerian Agama", "A5EB03E23BFCF6A0E040640A040252AD"),
    (
        "Kementerian Pekerjaan Umum",
        "A5EB03E23BFDF6A0E040640A040252AD",
    ),
    ("Badan Pusat Statistik", "A5EB03E23C01F6A0E040640A040252AD"),
    ("Mahkamah Agung", "A5EB03E23C02F6A0E040640A040252AD"),
    (
        "Pemerintah Provinsi Jawa Barat",
        "A5EB03E23C10F6A0E040640A040252AD",
    ),
    (
        "Pemerintah Provinsi Jawa Timur",
        "A5EB03E23C11F6A0E040640A040252AD",
    ),
    (
        "Pemerintah Provinsi Bali",
        "A5EB03E23C12F6A0E040640A040252AD",
    ),
    ("Pemerintah Kota Medan", "A5EB03E23C20F6A0E040640A040252AD"),
    (
        "Pemerintah Kota Makassar",
        "A5EB03E23C21F6A0E040640A040252AD",
    ),
    (
        "Pemerintah Kabupaten Sleman",
        "A5EB03E23C22F6A0E040640A040252AD",
    ),
    (
        "Pemerintah Kabupaten Bogor",
        "A5EB03E23C23F6A0E040640A040252AD",
    ),
    (
        "Pemerintah Kota Pontianak",
        "A5EB03E23C24F6A0E040640A040252AD",
    ),
    (
        "Badan Riset dan Inovasi Nasional",
        "A5EB03E23C03F6A0E040640A040252AD",
    ),
    (
        "Lembaga Administrasi Negara",
        "A5EB03E23C04F6A0E040640A040252AD",
    ),
];

/// Streets.
pub(super) const STREETS: [&str; 12] = [
    "Melati",
    "Merdeka",
    "Diponegoro",
    "Sudirman",
    "Kenanga",
    "Gajah Mada",
    "Ahmad Yani",
    "Cendrawasih",
    "Pahlawan",
    "Mawar",
    "Imam Bonjol",
    "Pattimura",
];

/// All grades in the order of rank.
pub(super) const GRADES: [&str; 17] = [
    "I/a", "I/b", "I/c", "I/d", "II/a", "II/b", "II/c", "II/d", "III/a", "III/b", "III/c", "III/d",
    "IV/a", "IV/b", "IV/c", "IV/d", "IV/e",
];

/// First digits of a NIK that name a province.
pub(super) const PROVINCES: [u8; 34] = [
    11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 31, 32, 33, 34, 35, 36, 51, 52, 53, 61, 62, 63, 64, 65,
    71, 72, 73, 74, 75, 76, 81, 82, 91, 94,
];

/// One name as each party writes it.
pub(super) struct Spelling {
    /// Whose name it is.
    pub(super) sex: Sex,
    /// As BKN has it.
    pub(super) bkn: &'static str,
    /// As BPJS has it.
    pub(super) bpjs: &'static str,
}

const fn man(bkn: &'static str, bpjs: &'static str) -> Spelling {
    Spelling {
        sex: Sex::L,
        bkn,
        bpjs,
    }
}

const fn woman(bkn: &'static str, bpjs: &'static str) -> Spelling {
    Spelling {
        sex: Sex::P,
        bkn,
        bpjs,
    }
}

/// SAMA_NORMALISASI (domain §6): equal after degrees, titles, abbreviations, case, marks or spaces are put aside.
pub(super) const SAME: [Spelling; 10] = [
    man("Drs. AHMAD FAUZI, M.Si", "AHMAD FAUZI"),
    woman("Hj. SITI AMINAH, S.Pd", "SITI AMINAH"),
    man("MUH. RIZKI PRATAMA", "MUHAMMAD RIZKI PRATAMA"),
    woman("NUR'AINI LUBIS", "NURAINI LUBIS"),
    man("ABD RAHMAN HAKIM", "ABDUL RAHMAN HAKIM"),
    woman("NUR HAYATI", "NURHAYATI"),
    man("M. YUSUF HABIBIE", "MOHAMAD YUSUF HABIBIE"),
    woman("SRI-WAHYUNI", "SRI WAHYUNI"),
    man("Bambang  Setiadi", "BAMBANG SETIADI"),
    woman("Dewi Lestari", "DEWI LESTARI"),
];

/// MIRIP (domain §6): one letter, an old spelling or an initial apart.
pub(super) const SIMILAR: [Spelling; 8] = [
    man("SUHARTONO WIBOWO", "SOEHARTONO WIBOWO"),
    woman("SITI NURHALIZA", "SITI NURHALISA"),
    man("JOKO SANTOSO", "DJOKO SANTOSO"),
    woman("RATNA KUMALASARI", "RATNA KUMALASARY"),
    man("BAMBANG SETIAWAN", "BAMBANG SETYAWAN"),
    woman("CANDRAWATI KUSUMA", "TJANDRAWATI KUSUMA"),
    man("AHMAD FAUZI HASIBUAN", "A. FAUZI HASIBUAN"),
    woman("YULIANA PERMATASARI", "YULIANA PERMATASARIE"),
];

/// BEDA (domain §6): another name.
pub(super) const OTHER: [Spelling; 6] = [
    man("AGUS SALIM", "WIDODO HARTONO"),
    woman("ENDANG RAHAYU", "FITRI KUSUMA"),
    man("TEGUH PRIBADI", "MARZUKI USMAN"),
    woman("INDAH PUSPITA", "ZUBAIDAH"),
    man("HENDRA GUNAWAN", "KETUT SUDARMA"),
    woman("WULANDARI", "MARIA GORETI"),
];

#[cfg(test)]
mod tests {
    use strsim::jaro_winkler;

    use super::{OTHER, SIMILAR};

    #[test]
    fn similar_names_are_well_over_the_threshold_and_others_well_under() {
        for name in &SIMILAR {
            let initials = name.bpjs.contains(". ");
            let likeness = jaro_winkler(name.bkn, name.bpjs);
            // An initial or an old spelling at the beginning is similar by its own rule, whatever the distance.
            let old = ["OE", "DJ", "TJ"].iter().any(|s| name.bpjs.contains(s));
            assert!(
                initials || old || likeness > 0.95,
                "{} {likeness}",
                name.bkn
            );
        }
        for name in &OTHER {
            let likeness = jaro_winkler(name.bkn, name.bpjs);
            assert!(likeness < 0.75, "{} {likeness}", name.bkn);
        }
    }
}
