/// Why a beacon's certificate is not taken. Times are seconds since 1970.
enum CertificateFault: Error, Hashable {
  case expired(Int)
  case notYetValid(Int)
  /// Nobody vouches for it, and it is none of the authorities.
  case selfSigned
  /// No authority that is trusted has signed it, nor a certificate that was sent with it.
  case unknownAuthority
  /// Whoever signed it is trusted, but not now.
  case authorityNotValid
  case otherHost
  /// For a reason that can't be told from it.
  case notAccepted
}
