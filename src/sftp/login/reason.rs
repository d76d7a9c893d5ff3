//! Why a login was refused: for the log and the record. The client is told the same each time.

/// Why a login may not proceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// No key was offered, or none that came as far as to be looked up.
    NoKey,
    /// No such account.
    UnknownAccount,
    /// The account's keys cannot be read or honoured.
    KeysUnusable,
    /// The list of revoked keys cannot be read, so nobody knows who is on it.
    RevocationUnusable,
    /// The account has no such key.
    UnknownKey,
    /// The key or certificate is not for this address.
    WrongAddress,
    /// The key or certificate has expired.
    Expired,
    /// A signature with SHA-1, of the client or on a certificate.
    Sha1,
    /// The key is too short, or of a kind that is not accepted.
    WeakKey,
    /// The key, or something about the certificate, is on the list of revoked ones.
    Revoked,
    /// Whoever signed the certificate is no authority of this account, or did not sign it.
    UnknownAuthority,
    /// A certificate for hosts.
    HostCertificate,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate is not for this account.
    WrongPrincipal,
    /// The certificate has a critical option that cannot be honoured.
    CriticalOption,
}

impl Reason {
    /// Whether it says no more than that the client has tried a key that is not ours, as it may before the right one.
    pub(crate) const fn is_common(self) -> bool {
        matches!(self, Self::NoKey | Self::UnknownAccount | Self::UnknownKey)
    }

    /// The reason in a word or two.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NoKey => "no key",
            Self::UnknownAccount => "unknown account",
            Self::KeysUnusable => "authorized_keys cannot be used",
            Self::RevocationUnusable => "revocation list cannot be used",
            Self::UnknownKey => "unknown key",
            Self::WrongAddress => "wrong address",
            Self::Expired => "expired",
            Self::Sha1 => "sha-1",
            Self::WeakKey => "weak key",
            Self::Revoked => "revoked",
            Self::UnknownAuthority => "unknown authority",
            Self::HostCertificate => "host certificate",
            Self::NotYetValid => "not yet valid",
            Self::WrongPrincipal => "wrong principal",
            Self::CriticalOption => "critical option",
        }
    }
}
