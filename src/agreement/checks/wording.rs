//! What a person reads about a code: what is wrong and what to do, never a value.

use super::code::CheckCode;

impl CheckCode {
    /// In Indonesian.
    pub fn indonesian(self) -> &'static str {
        match self {
            Self::KosongWajib => "Kolom wajib kosong. Lengkapi dari sumbernya.",
            Self::KolomTerlaluPanjang => {
                "Isi lebih panjang dari yang disepakati. Ringkas atau pindahkan bagian yang bukan miliknya."
            }
            Self::KarakterKendali => {
                "Ada karakter kendali yang tidak terlihat. Bersihkan nilai lalu kirim ulang."
            }
            Self::RusakSpreadsheet => {
                "Nomor rusak oleh lembar kerja: terpotong, dibulatkan atau ditulis dengan E+. Ekspor ulang kolom ini sebagai teks; nomor tidak pernah kami lengkapi sendiri."
            }
            Self::NipBentuk => {
                "NIP bukan 18 angka: tanggal lahir, tahun dan bulan CPNS, jenis kelamin 1/2, nomor urut 001-999, tanpa spasi. Perbaiki NIP."
            }
            Self::NipLama => {
                "NIP lama 9 angka. Kirim NIP baru 18 angka; NIP lama tidak pernah dikonversi."
            }
            Self::NiPppk => {
                "Nomor induk PPPK. PPPK di luar ruang lingkup perjanjian (Pasal 1 ayat 4); keluarkan baris ini."
            }
            Self::NikBentuk => {
                "NIK bukan 16 angka dengan tanggal lahir (perempuan: hari + 40) dan nomor urut 0001-9999. Perbaiki menurut KTP atau KK."
            }
            Self::NikWilayah => {
                "Dua angka pertama NIK bukan kode provinsi yang dikenal. Periksa menurut KTP atau KK."
            }
            Self::KartuBentuk => "Nomor kartu bukan 13 angka. Kirim lengkap dengan nol di depan.",
            Self::GolonganBentuk => {
                "Golongan bukan salah satu dari I/a sampai IV/e. Kirim golongan/ruang, bukan nama pangkat."
            }
            Self::GolonganDinormalkan => {
                "Penulisan golongan disesuaikan menjadi bentuk baku, misalnya III/a. Sebaiknya dikirim dalam bentuk itu."
            }
            Self::JenisKelaminBentuk => {
                "Jenis kelamin tidak dikenal. Kirim L (laki-laki) atau P (perempuan)."
            }
            Self::TanggalBentuk => {
                "Bukan tanggal yang sah dalam bentuk YYYY-MM-DD, DD-MM-YYYY atau DD/MM/YYYY. Bulan tidak pernah di depan hari."
            }
            Self::TanggalPengganti => {
                "Tanggal pengisi, bukan tanggal sebenarnya. Lengkapi dari dokumen sumber."
            }
            Self::AngkaBentuk => "Bukan bilangan bulat. Kirim angka saja, tanpa koma atau satuan.",
            Self::AngkaDiLuarBatas => {
                "Bilangan di luar batas kolom ini (bulan masa kerja 0-11). Perbaiki nilainya."
            }
            Self::PilihanTidakDikenal => {
                "Kata ini bukan salah satu pilihan yang disepakati. Pakai pilihan dalam perjanjian."
            }
            Self::NipTanggalLahir => {
                "Tanggal lahir dalam NIP berbeda dari kolom tanggal lahir. Periksa mana yang benar."
            }
            Self::NikTanggalLahir => {
                "Tanggal lahir dalam NIK berbeda dari kolom tanggal lahir. NIK tidak diganti setelah koreksi; periksa ke Dukcapil."
            }
            Self::JenisKelaminBeda => {
                "NIP, NIK dan kolom jenis kelamin tidak sepakat. Bila dua melawan satu, kolom yang disebut patut diperiksa lebih dulu."
            }
            Self::TmtSebelumCpns => {
                "TMT golongan sebelum bulan mulai CPNS menurut NIP. Perbaiki TMT atau NIP."
            }
            Self::TmtBukanAwalBulan => "TMT golongan tidak jatuh pada tanggal 1. Periksa SK-nya.",
            Self::TmtMasaDepan => {
                "TMT golongan setelah tanggal data. Pastikan kenaikan itu sudah berlaku."
            }
            Self::MasaKerjaTidakWajar => {
                "Masa kerja golongan lebih lama dari batas atau dari usia. Mungkin masa kerja keseluruhan yang terkirim."
            }
            Self::UsiaCpnsMustahil => "Usia pada awal CPNS menurut NIP terlalu muda. Perbaiki NIP.",
            Self::UsiaCpnsTidakLazim => "Usia pada awal CPNS menurut NIP tidak lazim. Periksa NIP.",
            Self::CpnsTerlaluLama => {
                "Masih CPNS melewati batas waktunya. Perbarui status pegawai bila sudah PNS."
            }
            Self::UsiaPensiun => "Masih aktif di atas usia pensiun umum. Dihitung saja.",
            Self::UsiaPensiunLewat => {
                "Masih aktif di atas usia pensiun jabatan tinggi. Periksa status kepegawaian."
            }
            Self::UsiaPensiunMustahil => {
                "Masih aktif di atas usia pensiun tertinggi. Perbaiki tanggal lahir atau jenis data."
            }
            Self::PasanganJenisKelamin => {
                "SUAMI tidak berjenis kelamin L atau ISTRI tidak P. Periksa hubungan atau jenis kelamin."
            }
            Self::PasanganLebihDariSatu => {
                "Lebih dari satu pasangan. Periksa mana yang masih berlaku."
            }
            Self::AnakTerlaluBanyak => {
                "Anak yang berhak melebihi batas. Periksa siapa yang ditanggung."
            }
            Self::AnakBuktiSekolah => "Anak pada usia ini perlu bukti sekolah. Dihitung saja.",
            Self::AnakLewatUsia => "Anak melewati usia tanggungan. Periksa haknya.",
            Self::KunciGanda => {
                "Kunci yang sama muncul lebih dari sekali; semua barisnya ditolak. Sisakan satu baris yang benar."
            }
            Self::NikGanda => {
                "Satu NIK dipakai oleh lebih dari satu kunci; semuanya disebut. Periksa milik siapa."
            }
            Self::AksiTidakDikenal => "Aksi tidak dikenal. Tulis TAMBAH, UBAH atau HAPUS.",
            Self::DeltaAda => {
                "TAMBAH untuk kunci yang sudah ada. Pakai UBAH, atau kirim data penuh."
            }
            Self::DeltaTiada => {
                "UBAH atau HAPUS untuk kunci yang tidak ada. Pakai TAMBAH, atau kirim data penuh."
            }
        }
    }

    /// In English.
    pub fn english(self) -> &'static str {
        match self {
            Self::KosongWajib => "A required column is empty. Fill it from its source.",
            Self::KolomTerlaluPanjang => {
                "The value is longer than agreed. Shorten it or move what does not belong there."
            }
            Self::KarakterKendali => {
                "The value holds an invisible control character. Clean it and send it again."
            }
            Self::RusakSpreadsheet => {
                "A spreadsheet damaged this number: shortened, rounded or written with E+. Export the column as text; we never complete a number ourselves."
            }
            Self::NipBentuk => {
                "The NIP is not 18 digits: birth date, year and month of CPNS, sex 1/2, serial 001-999, no spaces. Correct it."
            }
            Self::NipLama => {
                "An old NIP of 9 digits. Send the NIP of 18 digits; an old one is never converted."
            }
            Self::NiPppk => {
                "The number of a contract worker (PPPK). PPPK are outside the scope of the agreement (Pasal 1(4)); leave the row out."
            }
            Self::NikBentuk => {
                "The NIK is not 16 digits with a birth date (women: day + 40) and a serial 0001-9999. Correct it by identity card or family card."
            }
            Self::NikWilayah => {
                "The NIK's first two digits are no known province. Check it by identity card or family card."
            }
            Self::KartuBentuk => {
                "The card number is not 13 digits. Send it whole, with its leading zeros."
            }
            Self::GolonganBentuk => {
                "The grade is none of I/a to IV/e. Send grade and step, not the rank's name."
            }
            Self::GolonganDinormalkan => {
                "The grade was rewritten in its standard form, as III/a. Better send it that way."
            }
            Self::JenisKelaminBentuk => "Sex is in no known spelling. Send L (male) or P (female).",
            Self::TanggalBentuk => {
                "Not a valid date as YYYY-MM-DD, DD-MM-YYYY or DD/MM/YYYY. The month never stands before the day."
            }
            Self::TanggalPengganti => {
                "A placeholder, not a real date. Fill it from the source document."
            }
            Self::AngkaBentuk => "Not a whole number. Send digits only, no comma and no unit.",
            Self::AngkaDiLuarBatas => {
                "The number is outside this column's bounds (months of service 0-11). Correct it."
            }
            Self::PilihanTidakDikenal => {
                "The word is none of the agreed ones. Use a word of the agreement."
            }
            Self::NipTanggalLahir => {
                "The birth date inside the NIP differs from the column. Check which is right."
            }
            Self::NikTanggalLahir => {
                "The birth date inside the NIK differs from the column. A NIK is not reissued after a correction; check with Dukcapil."
            }
            Self::JenisKelaminBeda => {
                "NIP, NIK and the column disagree on sex. Where two stand against one, look first at the column named."
            }
            Self::TmtSebelumCpns => {
                "The grade takes effect before the CPNS month in the NIP. Correct the date or the NIP."
            }
            Self::TmtBukanAwalBulan => {
                "The grade does not take effect on the 1st of a month. Check the decree."
            }
            Self::TmtMasaDepan => {
                "The grade takes effect after the day of the data. Make sure that it is in force."
            }
            Self::MasaKerjaTidakWajar => {
                "More years of service in grade than the limit or the age allow. Total service may have been sent."
            }
            Self::UsiaCpnsMustahil => "Too young at the CPNS month in the NIP. Correct the NIP.",
            Self::UsiaCpnsTidakLazim => {
                "An unusual age at the CPNS month in the NIP. Check the NIP."
            }
            Self::CpnsTerlaluLama => {
                "Still CPNS after the time it may last. Update the status if it is PNS by now."
            }
            Self::UsiaPensiun => "Active over the general retirement age. Counted only.",
            Self::UsiaPensiunLewat => {
                "Active over the retirement age of high offices. Check the employment status."
            }
            Self::UsiaPensiunMustahil => {
                "Active over the highest retirement age. Correct the birth date or jenis_data."
            }
            Self::PasanganJenisKelamin => {
                "A SUAMI who is not L or an ISTRI who is not P. Check the relation or the sex."
            }
            Self::PasanganLebihDariSatu => {
                "More than one spouse. Check which one is still in force."
            }
            Self::AnakTerlaluBanyak => {
                "More eligible children than the limit. Check who is covered."
            }
            Self::AnakBuktiSekolah => "A child of this age needs school evidence. Counted only.",
            Self::AnakLewatUsia => "A child over the age of cover. Check the entitlement.",
            Self::KunciGanda => {
                "The same key more than once; every copy is refused. Keep the one row that is right."
            }
            Self::NikGanda => "One NIK under more than one key; all are listed. Check whose it is.",
            Self::AksiTidakDikenal => "Unknown aksi. Write TAMBAH, UBAH or HAPUS.",
            Self::DeltaAda => "TAMBAH of a key that exists. Use UBAH, or send the full data.",
            Self::DeltaTiada => {
                "UBAH or HAPUS of a key that does not exist. Use TAMBAH, or send the full data."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::agreement::checks::CheckCode;

    #[test]
    fn every_code_has_its_own_sentence_in_both_languages() {
        for tongue in [CheckCode::indonesian, CheckCode::english] {
            let sentences: BTreeSet<_> = CheckCode::ALL.into_iter().map(tongue).collect();
            assert_eq!(sentences.len(), CheckCode::ALL.len());
            for sentence in sentences {
                assert!(sentence.ends_with('.') && sentence.len() > 20, "{sentence}");
            }
        }
    }
}
