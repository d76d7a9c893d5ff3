//! The sender's mistakes as data: one row for each [`Code`], in its order.

use super::Code;
use super::entry::{About, Entry, Level};

/// What is said about each code, at the place of the code in its list.
pub(super) static TABLE: [(Code, Entry); 39] = [
    row(
        Code::ManifestFormat,
        "MANIFEST_FORMAT",
        [
            "Berkas .sha256 bukan keluaran asli sha256sum.",
            "Buat ulang dengan `sha256sum NAMA.age > NAMA.sha256`, satu baris per berkas, tanpa jalur folder, tanpa komentar, tanpa BOM; lalu tanda tangani lagi.",
        ],
        [
            "The .sha256 file is not the plain output of sha256sum.",
            "Make it again with `sha256sum NAME.age > NAME.sha256`: one line a file, no folder path, no comment, no BOM; then sign it again.",
        ],
    ),
    row(
        Code::NameFormat,
        "NAME_FORMAT",
        [
            "Nama berkas data tidak mengikuti aturan.",
            "Pakai <pihak>_<dataset>_<full|delta>_<TTTT-BB-HH>_<nomor>.csv.age (boleh .csv.gz.age atau .csv.zst.age).",
        ],
        [
            "A data file's name does not follow the rule.",
            "Use <party>_<dataset>_<full|delta>_<YYYY-MM-DD>_<sequence>.csv.age (.csv.gz.age and .csv.zst.age are accepted).",
        ],
    ),
    row(
        Code::NameNotSender,
        "NAME_NOT_SENDER",
        [
            "Nama berkas menyebut pihak lain, bukan pemilik akun SFTP ini.",
            "Kirim hanya data pihak Anda sendiri; perbaiki awalan nama berkas, lalu buat ulang manifes dan tanda tangannya.",
        ],
        [
            "The file name tells another party than the owner of this SFTP account.",
            "Send your own party's data only: correct the prefix of the name, then make the manifest and its signature again.",
        ],
    ),
    row(
        Code::ChecksumMismatch,
        "CHECKSUM_MISMATCH",
        [
            "Isi berkas tidak cocok dengan SHA-256 di manifes.",
            "Unggah ulang berkas itu sampai selesai; bila berkas memang diubah, buat ulang manifes dan tanda tangannya.",
        ],
        [
            "A file's content does not match its SHA-256 in the manifest.",
            "Upload that file again to its end; if it was changed on purpose, make the manifest and its signature again.",
        ],
    ),
    row(
        Code::Incomplete,
        "INCOMPLETE",
        [
            "Kiriman tidak lengkap: ada berkas yang tidak pernah tiba.",
            "Kirim manifes (.sha256), tanda tangan (.sha256.sig) dan semua berkas data yang disebut manifes ke folder yang sama.",
        ],
        [
            "The delivery is incomplete: a file never came.",
            "Send the manifest (.sha256), its signature (.sha256.sig) and every data file it lists into one folder.",
        ],
    ),
    row(
        Code::SignatureBad,
        "SIGNATURE_BAD",
        [
            "Tanda tangan tidak sah untuk manifes ini.",
            "Tanda tangani lagi manifes yang terakhir dengan `ssh-keygen -Y sign -n padan -f KUNCI NAMA.sha256`, lalu kirim ulang.",
        ],
        [
            "The signature does not verify over this manifest.",
            "Sign the final manifest again with `ssh-keygen -Y sign -n padan -f KEY NAME.sha256` and send it again.",
        ],
    ),
    row(
        Code::SignerUnknown,
        "SIGNER_UNKNOWN",
        [
            "Kunci penanda tangan tidak terdaftar.",
            "Pakai kunci yang didaftarkan pihak Anda, atau minta operator mendaftarkan kunci baru ini, lalu kirim ulang.",
        ],
        [
            "The signing key is not registered.",
            "Use the key your party registered, or ask the operator to register this one, then send again.",
        ],
    ),
    row(
        Code::SignerNotSender,
        "SIGNER_NOT_SENDER",
        [
            "Manifes ditandatangani dengan kunci pihak lain.",
            "Tanda tangani dengan kunci pihak Anda sendiri, lalu kirim ulang.",
        ],
        [
            "The manifest is signed with another party's key.",
            "Sign it with your own party's key and send again.",
        ],
    ),
    row(
        Code::SignerExpired,
        "SIGNER_EXPIRED",
        [
            "Kunci penanda tangan tidak berlaku pada saat kiriman diterima.",
            "Pakai kunci yang masih berlaku, atau minta operator memperpanjang masa berlakunya, lalu kirim ulang.",
        ],
        [
            "The signing key was not valid when the delivery was received.",
            "Use a key that is valid now, or ask the operator to extend it, then send again.",
        ],
    ),
    row(
        Code::SignerWeak,
        "SIGNER_WEAK",
        [
            "Kunci atau algoritma tanda tangan terlalu lemah, atau kunci keamanan (FIDO) menandatangani tanpa disentuh.",
            "Pakai kunci ed25519 (`ssh-keygen -t ed25519`), ecdsa, atau RSA paling sedikit 3072 bit; daftarkan, lalu kirim ulang.",
        ],
        [
            "The signing key or its algorithm is too weak, or a security key (FIDO) signed without being touched.",
            "Use an ed25519 key (`ssh-keygen -t ed25519`), ecdsa, or RSA of 3072 bits or more; have it registered, then send again.",
        ],
    ),
    row(
        Code::SignerRevoked,
        "SIGNER_REVOKED",
        [
            "Kunci penanda tangan, sertifikatnya, atau otoritas yang menerbitkannya sudah dicabut.",
            "Jangan pakai kunci itu lagi. Buat kunci baru (`ssh-keygen -t ed25519`), minta operator mendaftarkannya, tanda tangani lagi, lalu kirim ulang.",
        ],
        [
            "The signing key, its certificate or the authority that issued it is revoked.",
            "Do not use that key again. Make a new one (`ssh-keygen -t ed25519`), have the operator register it, sign again and send.",
        ],
    ),
    row(
        Code::SignerCertificate,
        "SIGNER_CERTIFICATE",
        [
            "Sertifikat penanda tangan milik host, dibatasi (critical option), atau palsu.",
            "Minta sertifikat pengguna tanpa batasan (`ssh-keygen -s … -n PIHAK`), atau tanda tangani dengan kunci terdaftar, lalu kirim ulang.",
        ],
        [
            "The signer's certificate is for a host, restricted (critical option) or forged.",
            "Get a user certificate without restrictions (`ssh-keygen -s … -n PARTY`), or sign with a registered key, then send again.",
        ],
    ),
    row(
        Code::NamespaceWrong,
        "NAMESPACE_WRONG",
        [
            "Tanda tangan dibuat untuk keperluan (namespace) lain.",
            "Tanda tangani dengan `-n` dan namespace layanan ini (lazimnya `-n padan`), lalu kirim ulang.",
        ],
        [
            "The signature was made for another purpose (namespace).",
            "Sign with `-n` and this service's namespace (usually `-n padan`) and send again.",
        ],
    ),
    row(
        Code::SequenceConflict,
        "SEQUENCE_CONFLICT",
        [
            "Nomor urut ini sudah diterima dengan isi lain.",
            "Beri nomor urut berikutnya pada nama berkas, buat ulang manifes dan tanda tangan, lalu kirim.",
        ],
        [
            "This sequence number was already accepted with other content.",
            "Give the file the next sequence number, make the manifest and signature again, then send.",
        ],
    ),
    row(
        Code::SequenceOld,
        "SEQUENCE_OLD",
        [
            "Nomor urut yang lebih tinggi sudah diterima.",
            "Beri nomor urut setelah yang terakhir diterima (lihat STATUS.txt), buat ulang manifes dan tanda tangan, lalu kirim.",
        ],
        [
            "A higher sequence number was already accepted.",
            "Give it a number after the last accepted one (see STATUS.txt), make the manifest and signature again, then send.",
        ],
    ),
    row(
        Code::DatasetNotAgreed,
        "DATASET_NOT_AGREED",
        [
            "Perjanjian tidak mengenal dataset ini dari pihak Anda.",
            "Periksa nama dataset pada nama berkas; daftar dataset ada dalam perjanjian.",
        ],
        [
            "The agreement knows no such dataset from your party.",
            "Check the dataset in the file name; the agreement lists the datasets.",
        ],
    ),
    row(
        Code::DatasetDoubled,
        "DATASET_DOUBLED",
        [
            "Satu dataset disebut dua kali dalam manifes ini.",
            "Kirim satu berkas saja untuk tiap dataset dalam satu kiriman; selebihnya dalam kiriman berikutnya.",
        ],
        [
            "One dataset stands twice in this manifest.",
            "Send one file for each dataset in one delivery, and the rest in the next one.",
        ],
    ),
    row(
        Code::OutOfTerm,
        "OUT_OF_TERM",
        [
            "Perjanjian tidak berlaku pada tanggal kiriman atau tanggal datanya.",
            "Hubungi operator: pertukaran hanya boleh selama perjanjian berlaku (Pasal 7).",
        ],
        [
            "The agreement was not in force on the day of the delivery or of its data.",
            "Ask the operator: data may be exchanged only while the agreement is in force (Pasal 7).",
        ],
    ),
    row(
        Code::AsOfFuture,
        "AS_OF_FUTURE",
        [
            "Tanggal data pada nama berkas ada di masa depan.",
            "Tulis tanggal saat data diambil (TTTT-BB-HH), buat ulang manifes dan tanda tangan, lalu kirim.",
        ],
        [
            "The as-of date in the file name lies in the future.",
            "Write the day on which the data was taken (YYYY-MM-DD), make the manifest and signature again, then send.",
        ],
    ),
    row(
        Code::TooLarge,
        "TOO_LARGE",
        [
            "Berkas, isi terbukanya, kepala age, satu baris atau satu kolom melebihi batas.",
            "Periksa apakah berkasnya benar; bila memang sebesar itu, bagi menjadi beberapa kiriman delta atau hubungi operator.",
        ],
        [
            "A file, its plaintext, its age header, a row or a field is over the limit.",
            "Check that it is the right file; if it really is that large, split it into delta deliveries or ask the operator.",
        ],
    ),
    row(
        Code::DecryptNoKey,
        "DECRYPT_NO_KEY",
        [
            "Berkas dienkripsi untuk penerima lain.",
            "Enkripsi dengan `age -R padan_recipients.txt` memakai berkas penerima dari operator, lalu kirim ulang.",
        ],
        [
            "The file is encrypted to somebody else.",
            "Encrypt with `age -R padan_recipients.txt`, the recipients file you have from the operator, and send again.",
        ],
    ),
    row(
        Code::DecryptPassphrase,
        "DECRYPT_PASSPHRASE",
        [
            "Berkas dikunci dengan kata sandi (`age -p`), dan layanan tidak memakai kata sandi.",
            "Enkripsi tanpa -p, dengan `age -R padan_recipients.txt`, buat ulang manifes dan tanda tangan, lalu kirim.",
        ],
        [
            "The file is locked with a passphrase (`age -p`), and the service takes none.",
            "Encrypt without -p, with `age -R padan_recipients.txt`, make manifest and signature again, then send.",
        ],
    ),
    row(
        Code::DecryptDamaged,
        "DECRYPT_DAMAGED",
        [
            "Berkas age terpotong, berubah, atau bukan berkas age.",
            "Enkripsi ulang dari berkas asli, buat ulang manifes dan tanda tangan, lalu kirim.",
        ],
        [
            "The age file is truncated, altered or no age file.",
            "Encrypt again from the original, make the manifest and signature again, then send.",
        ],
    ),
    row(
        Code::PostquantumRequired,
        "POSTQUANTUM_REQUIRED",
        [
            "Perjanjian meminta enkripsi pascakuantum saja.",
            "Enkripsi hanya untuk age1pq1… (`padan seal --to padan_recipients_pq.txt`, age 1.3), buat ulang manifes dan tanda tangan, lalu kirim.",
        ],
        [
            "The agreement demands post-quantum encryption alone.",
            "Encrypt to age1pq1… alone (`padan seal --to padan_recipients_pq.txt`, age 1.3), make manifest and signature again, then send.",
        ],
    ),
    row(
        Code::CompressionDamaged,
        "COMPRESSION_DAMAGED",
        [
            "Isi bukan gzip/zstd seperti kata namanya, atau rusak.",
            "Kompres ulang dari berkas asli, atau kirim tanpa kompresi (.csv.age).",
        ],
        [
            "The content is not gzip/zstd as its name says, or it is damaged.",
            "Compress again from the original, or send it uncompressed (.csv.age).",
        ],
    ),
    row(
        Code::NotUtf8,
        "NOT_UTF8",
        [
            "Isi bukan teks UTF-8.",
            "Simpan sebagai \"CSV UTF-8\" (Excel: Simpan Sebagai → CSV UTF-8), lalu kirim ulang.",
        ],
        [
            "The content is not UTF-8 text.",
            "Save it as \"CSV UTF-8\" (Excel: Save As → CSV UTF-8) and send again.",
        ],
    ),
    row(
        Code::NotCsv,
        "NOT_CSV",
        [
            "Isi bukan CSV yang utuh: jumlah kolom sebuah baris berbeda dari baris judul, atau tanda kutip tidak ditutup.",
            "Ekspor ulang sebagai CSV dengan baris judul; kutip nilai yang berisi pemisah, kutip atau baris baru.",
        ],
        [
            "The content is not sound CSV: a row has another number of columns than the header, or a quote is not closed.",
            "Export it again as CSV with a header row; quote values that hold separators, quotes or line breaks.",
        ],
    ),
    row(
        Code::NoRows,
        "NO_ROWS",
        [
            "Berkas kosong atau hanya berisi baris judul.",
            "Periksa ekspor Anda; dataset yang benar-benar kosong tidak perlu dikirim.",
        ],
        [
            "The file is empty or holds only a header row.",
            "Check your export; a dataset that really is empty need not be sent.",
        ],
    ),
    row(
        Code::ColumnUnknown,
        "COLUMN_UNKNOWN",
        [
            "Ada kolom yang tidak disepakati.",
            "Hapus kolom itu: hanya kolom dalam perjanjian yang boleh dikirim.",
        ],
        [
            "There is a column that was not agreed.",
            "Remove it: only the columns of the agreement may be sent.",
        ],
    ),
    row(
        Code::ColumnMissing,
        "COLUMN_MISSING",
        [
            "Ada kolom yang kurang pada baris judul.",
            "Tambahkan kolom itu (boleh kosong bila tidak wajib), dengan nama persis seperti dalam perjanjian.",
        ],
        [
            "The header row lacks a column.",
            "Add it (it may be empty where not required), named exactly as in the agreement.",
        ],
    ),
    row(
        Code::ColumnDoubled,
        "COLUMN_DOUBLED",
        [
            "Ada kolom yang muncul dua kali pada baris judul.",
            "Hapus salah satunya, lalu kirim ulang.",
        ],
        [
            "A column stands twice in the header row.",
            "Remove one of them and send again.",
        ],
    ),
    row(
        Code::RowsRefused,
        "ROWS_REFUSED",
        [
            "Terlalu banyak baris ditolak, sehingga seluruh berkas ditolak.",
            "Buka berkas .rows.csv.age di folder receipts: tiap baris tertulis dengan kode dan alasannya. Perbaiki, lalu kirim ulang.",
        ],
        [
            "Too many rows were refused, so the whole file is refused.",
            "Open the .rows.csv.age file in receipts/: each row stands there with its code and reason. Correct them and send again.",
        ],
    ),
    row(
        Code::DeltaWithoutBase,
        "DELTA_WITHOUT_BASE",
        [
            "Kiriman delta tanpa kiriman penuh sebelumnya.",
            "Kirim dulu satu kiriman penuh (full) untuk dataset ini.",
        ],
        [
            "A delta came before any full delivery.",
            "Send one full delivery of this dataset first.",
        ],
    ),
    row(
        Code::NotAFile,
        "NOT_A_FILE",
        [
            "Yang dikirim bukan berkas biasa.",
            "Kirim berkas biasa, bukan tautan atau folder.",
        ],
        [
            "What was dropped is not a plain file.",
            "Send plain files, no links or folders.",
        ],
    ),
    row(
        Code::NotEncrypted,
        "NOT_ENCRYPTED",
        [
            "Berkas ini tidak terenkripsi, maka langsung dihapus dari server; salinan pada Anda tidak tersentuh.",
            "Jangan kirim berkas terbuka (.csv, .xlsx). Enkripsi dahulu dengan age, lalu kirim berkas .age saja.",
        ],
        [
            "This file is not encrypted, so it was removed from the server at once; your own copy is untouched.",
            "Do not send plain files (.csv, .xlsx). Encrypt first with age, then send the .age file only.",
        ],
    ),
    row(
        Code::LeftOver,
        "LEFT_OVER",
        [
            "Berkas ini sisa unggahan yang tidak dilanjutkan (bernama sementara, tersembunyi atau kosong), maka dihapus dari server.",
            "Bila masih diperlukan, unggah lagi sampai selesai dengan nama akhirnya; bila tidak, Anda tidak perlu berbuat apa-apa.",
        ],
        [
            "This file is what an upload left behind that nobody went on with (a temporary name, hidden or empty), so it was removed from the server.",
            "If it is still needed, upload it again to its end under its final name; otherwise there is nothing to do.",
        ],
    ),
    row(
        Code::DeliveryLate,
        "DELIVERY_LATE",
        [
            "Data yang diharapkan menurut jadwal perjanjian belum diterima.",
            "Kirim dataset itu dengan tanggal data dalam atau setelah periode yang disebut. Pemberitahuan ini hilang begitu kiriman diterima. Bila sudah dikirim, lihat tanda terimanya: kiriman yang ditolak tidak dihitung.",
        ],
        [
            "Data that the calendar of the agreement expects has not been received.",
            "Send that dataset with an as-of date within or after the periods named. This notice goes as soon as a delivery is accepted. If you have sent it, see its receipt: a refused delivery does not count.",
        ],
    ),
    row(
        Code::KeyRotation,
        "KEY_ROTATION",
        [
            "Layanan akan memakai kunci baru.",
            "Pasang kunci baru seperti tertulis di atas sebelum tanggal itu, dan cocokkan sidik jarinya dengan operator lewat telepon.",
        ],
        [
            "The service is going to use a new key.",
            "Install the new key as written above before that day, and compare its fingerprint with the operator's on the telephone.",
        ],
    ),
    row(
        Code::KeyEndsSoon,
        "KEY_ENDS_SOON",
        [
            "Kunci Anda segera berakhir.",
            "Buat kunci baru, beri operator bagian publiknya (.pub atau age1…), dan pakai setelah operator mengatakan bahwa kunci itu terdaftar. Pemberitahuan ini hilang bila tidak ada lagi yang berakhir.",
        ],
        [
            "A key of yours ends soon.",
            "Make a new key, give the operator its public half (.pub or age1…), and use it when the operator says that it is registered. This notice goes when nothing ends any more.",
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

/// All of them refuse what they are about.
const fn row(
    code: Code,
    name: &'static str,
    id: [&'static str; 2],
    en: [&'static str; 2],
) -> (Code, Entry) {
    (
        code,
        Entry::new(name, About::Delivery, Level::Error, id, en),
    )
}
