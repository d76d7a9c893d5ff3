//! The row checks as data: one row for each [`CheckCode`], in its order. Levels are those of domain §3.

use crate::rejection::{About, Entry, Level};

use super::code::CheckCode;

/// What is said about each code, at the place of the code in its list.
pub(super) static TABLE: [(CheckCode, Entry); 41] = [
    row(
        CheckCode::KosongWajib,
        "KOSONG_WAJIB",
        Level::Error,
        ["Kolom wajib kosong.", "Lengkapi dari sumbernya."],
        ["A required column is empty.", "Fill it from its source."],
    ),
    row(
        CheckCode::KolomTerlaluPanjang,
        "KOLOM_TERLALU_PANJANG",
        Level::Error,
        [
            "Isi lebih panjang dari yang disepakati.",
            "Ringkas atau pindahkan bagian yang bukan miliknya.",
        ],
        [
            "The value is longer than agreed.",
            "Shorten it or move what does not belong there.",
        ],
    ),
    row(
        CheckCode::KarakterKendali,
        "KARAKTER_KENDALI",
        Level::Error,
        [
            "Ada karakter kendali yang tidak terlihat.",
            "Bersihkan nilai lalu kirim ulang.",
        ],
        [
            "The value holds an invisible control character.",
            "Clean it and send it again.",
        ],
    ),
    row(
        CheckCode::RusakSpreadsheet,
        "RUSAK_SPREADSHEET",
        Level::Error,
        [
            "Nomor rusak oleh lembar kerja: terpotong, dibulatkan atau ditulis dengan E+.",
            "Ekspor ulang kolom ini sebagai teks; nomor tidak pernah kami lengkapi sendiri.",
        ],
        [
            "A spreadsheet damaged this number: shortened, rounded or written with E+.",
            "Export the column as text; we never complete a number ourselves.",
        ],
    ),
    row(
        CheckCode::NipBentuk,
        "NIP_BENTUK",
        Level::Error,
        [
            "NIP bukan 18 angka: tanggal lahir, tahun dan bulan CPNS, jenis kelamin 1/2, nomor urut 001-999, tanpa spasi.",
            "Perbaiki NIP.",
        ],
        [
            "The NIP is not 18 digits: birth date, year and month of CPNS, sex 1/2, serial 001-999, no spaces.",
            "Correct it.",
        ],
    ),
    row(
        CheckCode::NipLama,
        "NIP_LAMA",
        Level::Error,
        [
            "NIP lama 9 angka.",
            "Kirim NIP baru 18 angka; NIP lama tidak pernah dikonversi.",
        ],
        [
            "An old NIP of 9 digits.",
            "Send the NIP of 18 digits; an old one is never converted.",
        ],
    ),
    row(
        CheckCode::NiPppk,
        "NI_PPPK",
        Level::Error,
        [
            "Nomor induk PPPK.",
            "PPPK di luar ruang lingkup perjanjian (Pasal 1 ayat 4); keluarkan baris ini.",
        ],
        [
            "The number of a contract worker (PPPK).",
            "PPPK are outside the scope of the agreement (Pasal 1(4)); leave the row out.",
        ],
    ),
    row(
        CheckCode::NikBentuk,
        "NIK_BENTUK",
        Level::Error,
        [
            "NIK bukan 16 angka dengan tanggal lahir (perempuan: hari + 40) dan nomor urut 0001-9999.",
            "Perbaiki menurut KTP atau KK.",
        ],
        [
            "The NIK is not 16 digits with a birth date (women: day + 40) and a serial 0001-9999.",
            "Correct it by identity card or family card.",
        ],
    ),
    row(
        CheckCode::NikWilayah,
        "NIK_WILAYAH",
        Level::Warn,
        [
            "Dua angka pertama NIK bukan kode provinsi yang dikenal.",
            "Periksa menurut KTP atau KK.",
        ],
        [
            "The NIK's first two digits are no known province.",
            "Check it by identity card or family card.",
        ],
    ),
    row(
        CheckCode::KartuBentuk,
        "KARTU_BENTUK",
        Level::Error,
        [
            "Nomor kartu bukan 13 angka.",
            "Kirim lengkap dengan nol di depan.",
        ],
        [
            "The card number is not 13 digits.",
            "Send it whole, with its leading zeros.",
        ],
    ),
    row(
        CheckCode::GolonganBentuk,
        "GOLONGAN_BENTUK",
        Level::Error,
        [
            "Golongan bukan salah satu dari I/a sampai IV/e.",
            "Kirim golongan/ruang, bukan nama pangkat.",
        ],
        [
            "The grade is none of I/a to IV/e.",
            "Send grade and step, not the rank's name.",
        ],
    ),
    row(
        CheckCode::GolonganDinormalkan,
        "GOLONGAN_DINORMALKAN",
        Level::Info,
        [
            "Penulisan golongan disesuaikan menjadi bentuk baku, misalnya III/a.",
            "Sebaiknya dikirim dalam bentuk itu.",
        ],
        [
            "The grade was rewritten in its standard form, as III/a.",
            "Better send it that way.",
        ],
    ),
    row(
        CheckCode::JenisKelaminBentuk,
        "JENIS_KELAMIN_BENTUK",
        Level::Error,
        [
            "Jenis kelamin tidak dikenal.",
            "Kirim L (laki-laki) atau P (perempuan).",
        ],
        [
            "Sex is in no known spelling.",
            "Send L (male) or P (female).",
        ],
    ),
    row(
        CheckCode::TanggalBentuk,
        "TANGGAL_BENTUK",
        Level::Error,
        [
            "Bukan tanggal yang sah dalam bentuk YYYY-MM-DD, DD-MM-YYYY atau DD/MM/YYYY.",
            "Bulan tidak pernah di depan hari.",
        ],
        [
            "Not a valid date as YYYY-MM-DD, DD-MM-YYYY or DD/MM/YYYY.",
            "The month never stands before the day.",
        ],
    ),
    row(
        CheckCode::TanggalPengganti,
        "TANGGAL_PENGGANTI",
        Level::Error,
        [
            "Tanggal pengisi, bukan tanggal sebenarnya.",
            "Lengkapi dari dokumen sumber.",
        ],
        [
            "A placeholder, not a real date.",
            "Fill it from the source document.",
        ],
    ),
    row(
        CheckCode::AngkaBentuk,
        "ANGKA_BENTUK",
        Level::Error,
        [
            "Bukan bilangan bulat.",
            "Kirim angka saja, tanpa koma atau satuan.",
        ],
        [
            "Not a whole number.",
            "Send digits only, no comma and no unit.",
        ],
    ),
    row(
        CheckCode::AngkaDiLuarBatas,
        "ANGKA_DI_LUAR_BATAS",
        Level::Error,
        [
            "Bilangan di luar batas kolom ini (bulan masa kerja 0-11).",
            "Perbaiki nilainya.",
        ],
        [
            "The number is outside this column's bounds (months of service 0-11).",
            "Correct it.",
        ],
    ),
    row(
        CheckCode::PilihanTidakDikenal,
        "PILIHAN_TIDAK_DIKENAL",
        Level::Error,
        [
            "Kata ini bukan salah satu pilihan yang disepakati.",
            "Pakai pilihan dalam perjanjian.",
        ],
        [
            "The word is none of the agreed ones.",
            "Use a word of the agreement.",
        ],
    ),
    row(
        CheckCode::NipTanggalLahir,
        "NIP_TANGGAL_LAHIR",
        Level::Warn,
        [
            "Tanggal lahir dalam NIP berbeda dari kolom tanggal lahir.",
            "Periksa mana yang benar.",
        ],
        [
            "The birth date inside the NIP differs from the column.",
            "Check which is right.",
        ],
    ),
    row(
        CheckCode::NikTanggalLahir,
        "NIK_TANGGAL_LAHIR",
        Level::Warn,
        [
            "Tanggal lahir dalam NIK berbeda dari kolom tanggal lahir.",
            "NIK tidak diganti setelah koreksi; periksa ke Dukcapil.",
        ],
        [
            "The birth date inside the NIK differs from the column.",
            "A NIK is not reissued after a correction; check with Dukcapil.",
        ],
    ),
    row(
        CheckCode::JenisKelaminBeda,
        "JENIS_KELAMIN_BEDA",
        Level::Warn,
        [
            "NIP, NIK dan kolom jenis kelamin tidak sepakat.",
            "Bila dua melawan satu, kolom yang disebut patut diperiksa lebih dulu.",
        ],
        [
            "NIP, NIK and the column disagree on sex.",
            "Where two stand against one, look first at the column named.",
        ],
    ),
    row(
        CheckCode::TmtSebelumCpns,
        "TMT_SEBELUM_CPNS",
        Level::Error,
        [
            "TMT golongan sebelum bulan mulai CPNS menurut NIP.",
            "Perbaiki TMT atau NIP.",
        ],
        [
            "The grade takes effect before the CPNS month in the NIP.",
            "Correct the date or the NIP.",
        ],
    ),
    row(
        CheckCode::TmtBukanAwalBulan,
        "TMT_BUKAN_AWAL_BULAN",
        Level::Warn,
        [
            "TMT golongan tidak jatuh pada tanggal 1.",
            "Periksa SK-nya.",
        ],
        [
            "The grade does not take effect on the 1st of a month.",
            "Check the decree.",
        ],
    ),
    row(
        CheckCode::TmtMasaDepan,
        "TMT_MASA_DEPAN",
        Level::Warn,
        [
            "TMT golongan setelah tanggal data.",
            "Pastikan kenaikan itu sudah berlaku.",
        ],
        [
            "The grade takes effect after the day of the data.",
            "Make sure that it is in force.",
        ],
    ),
    row(
        CheckCode::MasaKerjaTidakWajar,
        "MASA_KERJA_TIDAK_WAJAR",
        Level::Warn,
        [
            "Masa kerja golongan lebih lama dari batas atau dari usia.",
            "Mungkin masa kerja keseluruhan yang terkirim.",
        ],
        [
            "More years of service in grade than the limit or the age allow.",
            "Total service may have been sent.",
        ],
    ),
    row(
        CheckCode::UsiaCpnsMustahil,
        "USIA_CPNS_MUSTAHIL",
        Level::Error,
        [
            "Usia pada awal CPNS menurut NIP terlalu muda.",
            "Perbaiki NIP.",
        ],
        [
            "Too young at the CPNS month in the NIP.",
            "Correct the NIP.",
        ],
    ),
    row(
        CheckCode::UsiaCpnsTidakLazim,
        "USIA_CPNS_TIDAK_LAZIM",
        Level::Warn,
        [
            "Usia pada awal CPNS menurut NIP tidak lazim.",
            "Periksa NIP.",
        ],
        [
            "An unusual age at the CPNS month in the NIP.",
            "Check the NIP.",
        ],
    ),
    row(
        CheckCode::CpnsTerlaluLama,
        "CPNS_TERLALU_LAMA",
        Level::Warn,
        [
            "Masih CPNS melewati batas waktunya.",
            "Perbarui status pegawai bila sudah PNS.",
        ],
        [
            "Still CPNS after the time it may last.",
            "Update the status if it is PNS by now.",
        ],
    ),
    row(
        CheckCode::UsiaPensiun,
        "USIA_PENSIUN",
        Level::Info,
        ["Masih aktif di atas usia pensiun umum.", "Dihitung saja."],
        ["Active over the general retirement age.", "Counted only."],
    ),
    row(
        CheckCode::UsiaPensiunLewat,
        "USIA_PENSIUN_LEWAT",
        Level::Warn,
        [
            "Masih aktif di atas usia pensiun jabatan tinggi.",
            "Periksa status kepegawaian.",
        ],
        [
            "Active over the retirement age of high offices.",
            "Check the employment status.",
        ],
    ),
    row(
        CheckCode::UsiaPensiunMustahil,
        "USIA_PENSIUN_MUSTAHIL",
        Level::Error,
        [
            "Masih aktif di atas usia pensiun tertinggi.",
            "Perbaiki tanggal lahir atau jenis data.",
        ],
        [
            "Active over the highest retirement age.",
            "Correct the birth date or jenis_data.",
        ],
    ),
    row(
        CheckCode::PasanganJenisKelamin,
        "PASANGAN_JENIS_KELAMIN",
        Level::Warn,
        [
            "SUAMI tidak berjenis kelamin L atau ISTRI tidak P.",
            "Periksa hubungan atau jenis kelamin.",
        ],
        [
            "A SUAMI who is not L or an ISTRI who is not P.",
            "Check the relation or the sex.",
        ],
    ),
    row(
        CheckCode::PasanganLebihDariSatu,
        "PASANGAN_LEBIH_DARI_SATU",
        Level::Warn,
        [
            "Lebih dari satu pasangan.",
            "Periksa mana yang masih berlaku.",
        ],
        [
            "More than one spouse.",
            "Check which one is still in force.",
        ],
    ),
    row(
        CheckCode::AnakTerlaluBanyak,
        "ANAK_TERLALU_BANYAK",
        Level::Warn,
        [
            "Anak yang berhak melebihi batas.",
            "Periksa siapa yang ditanggung.",
        ],
        [
            "More eligible children than the limit.",
            "Check who is covered.",
        ],
    ),
    row(
        CheckCode::AnakBuktiSekolah,
        "ANAK_BUKTI_SEKOLAH",
        Level::Info,
        ["Anak pada usia ini perlu bukti sekolah.", "Dihitung saja."],
        [
            "A child of this age needs school evidence.",
            "Counted only.",
        ],
    ),
    row(
        CheckCode::AnakLewatUsia,
        "ANAK_LEWAT_USIA",
        Level::Warn,
        ["Anak melewati usia tanggungan.", "Periksa haknya."],
        ["A child over the age of cover.", "Check the entitlement."],
    ),
    row(
        CheckCode::KunciGanda,
        "KUNCI_GANDA",
        Level::Error,
        [
            "Kunci yang sama muncul lebih dari sekali; semua barisnya ditolak.",
            "Sisakan satu baris yang benar.",
        ],
        [
            "The same key more than once; every copy is refused.",
            "Keep the one row that is right.",
        ],
    ),
    row(
        CheckCode::NikGanda,
        "NIK_GANDA",
        Level::Warn,
        [
            "Satu NIK dipakai oleh lebih dari satu kunci; semuanya disebut.",
            "Periksa milik siapa.",
        ],
        [
            "One NIK under more than one key; all are listed.",
            "Check whose it is.",
        ],
    ),
    row(
        CheckCode::AksiTidakDikenal,
        "AKSI_TIDAK_DIKENAL",
        Level::Error,
        ["Aksi tidak dikenal.", "Tulis TAMBAH, UBAH atau HAPUS."],
        ["Unknown aksi.", "Write TAMBAH, UBAH or HAPUS."],
    ),
    row(
        CheckCode::DeltaAda,
        "DELTA_ADA",
        Level::Error,
        [
            "TAMBAH untuk kunci yang sudah ada.",
            "Pakai UBAH, atau kirim data penuh.",
        ],
        [
            "TAMBAH of a key that exists.",
            "Use UBAH, or send the full data.",
        ],
    ),
    row(
        CheckCode::DeltaTiada,
        "DELTA_TIADA",
        Level::Error,
        [
            "UBAH atau HAPUS untuk kunci yang tidak ada.",
            "Pakai TAMBAH, atau kirim data penuh.",
        ],
        [
            "UBAH or HAPUS of a key that does not exist.",
            "Use TAMBAH, or send the full data.",
        ],
    ),
];

// Each row stands at its code's place in the list, so no code has two.
#[allow(
    clippy::indexing_slicing,
    reason = "the compiler evaluates it, and stops at an index that is not there"
)]
const _: () = {
    let mut place = 0;
    while place < TABLE.len() {
        assert!(TABLE[place].0 as usize == place);
        place += 1;
    }
};

const fn row(
    code: CheckCode,
    name: &'static str,
    level: Level,
    id: [&'static str; 2],
    en: [&'static str; 2],
) -> (CheckCode, Entry) {
    (code, Entry::new(name, About::Row, level, id, en))
}
