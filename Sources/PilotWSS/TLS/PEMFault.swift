/// What is wrong with a file of certificates or with a key file, in words that follow the file's name.
enum PEMFault: Error, Equatable {
  /// `reason` is the system's text.
  case unreadable(reason: String)
  case tooLarge(limit: Int)
  case empty
  case utf16
  case notPEM
  case noCertificate
  /// A private key stands where certificates should.
  case keyInsteadOfCertificate
  /// Certificates count from 1.
  case brokenCertificate(number: Int)
  case noKey
  /// A certificate stands where the private key should.
  case certificateInsteadOfKey
  case encryptedKey
  case unusableKey
}

extension PEMFault: CustomStringConvertible {
  var description: String {
    switch self {
    case .unreadable(let reason): "can't be read: \(reason)"
    case .tooLarge(let limit): "has more than \(limit) bytes; is it the right one?"
    case .empty: "is empty"
    case .utf16: "is UTF-16 text; save it as plain ASCII"
    case .notPEM: "isn't PEM: no line of it is -----BEGIN …-----; openssl converts other formats"
    case .noCertificate: "holds no certificate"
    case .keyInsteadOfCertificate:
      "holds a private key and no certificate; is it another file, or are certificate and key exchanged?"
    case .brokenCertificate(let number): "is broken: its certificate number \(number) can't be decoded"
    case .noKey: "holds no private key"
    case .certificateInsteadOfKey:
      "holds a certificate and no private key; is it another file, or are certificate and key exchanged?"
    case .encryptedKey: "is encrypted; write the key without a passphrase: openssl pkey -in FILE -out NEW"
    case .unusableKey: "holds a private key that is broken, or of a kind that TLS has no use for"
    }
  }
}
