/// Why a beacon's certificate is not taken. Times are seconds since 1970, names are printable and bounded.
enum CertificateFault: Error, Hashable {
  /// Since when, and what this machine's clock says.
  case expired(Int, now: Int)
  /// From when on it is valid, and what this machine's clock says.
  case notYetValid(Int, now: Int)
  /// Nobody vouches for it, and it is none of the authorities. The name is its own.
  case selfSigned(String)
  /// No authority that is trusted has signed it, nor a certificate that was sent with it. The name is the issuer's: whoever
  /// sits in between and opens connections shows itself there.
  case unknownAuthority(String)
  /// Whoever signed it is trusted, but not now.
  case authorityNotValid
  /// It is for these hosts.
  case otherHost([String])
  /// Its key is none of those that are pinned; nil for a kind of key that can't be pinned.
  case otherKey(KeyPin?)
  /// For a reason that can't be told from it.
  case notAccepted
}
