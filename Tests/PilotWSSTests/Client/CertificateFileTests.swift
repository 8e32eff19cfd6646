import NIOSSL
import PilotTransport
import Testing

@testable import PilotWSS

/// Each error names the file, and what is wrong with it.
struct CertificateFileTests {
  private let files: TestFiles

  init() throws {
    files = try TestFiles()
    try files.write("", to: "empty")
    try files.write(" \r\n", to: "blank")
    try files.write("hello\n", to: "text")
    try files.write(NIOSSLCertificate(bytes: Array(TestPEM.server.utf8), format: .pem).toDERBytes(), to: "der")
    try files.write([0xFF, 0xFE] + TestPEM.server.utf8.flatMap { [$0, 0] }, to: "utf16")
    try files.write(TestPEM.server + TestPEM.authority.replacing("MIIB", with: "AAAA"), to: "broken")
    try files.write(String(TestPEM.server.dropLast(60)), to: "cut-off")
    try files.write("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n", to: "request")
    try files.write(TestPEM.encryptedKey, to: "encrypted")
    try files.write(TestPEM.oldEncryptedKey, to: "old-encrypted")
    try files.write(TestPEM.serverKey.replacing("MIGH", with: "AAAA"), to: "broken-key")
    try files.write(TestPEM.authority + TestPEM.server, to: "reversed")
  }

  /// A certificate file, a key file, the one that is to be named, and the reason.
  static let pairs: [(String, String, String, String)] = [
    ("none", "server-key", "none", "can't be read: No such file or directory"),
    ("server", "none", "none", "can't be read: No such file or directory"),
    ("empty", "server-key", "empty", "is empty"),
    ("blank", "server-key", "blank", "is empty"),
    ("server", "empty", "empty", "is empty"),
    ("text", "server-key", "text", "isn't PEM"),
    ("der", "server-key", "der", "isn't PEM"),
    ("server", "text", "text", "isn't PEM"),
    ("utf16", "server-key", "utf16", "UTF-16"),
    ("broken", "server-key", "broken", "certificate number 2"),
    ("cut-off", "server-key", "cut-off", "certificate number 1"),
    ("request", "server-key", "request", "holds no certificate"),
    ("server-key", "server", "server-key", "exchanged"),
    ("server", "server", "server", "exchanged"),
    ("server-key", "server-key", "server-key", "exchanged"),
    ("server", "encrypted", "encrypted", "is encrypted"),
    ("server", "old-encrypted", "old-encrypted", "is encrypted"),
    ("server", "broken-key", "broken-key", "is broken"),
    ("server", "request", "request", "holds no private key"),
    ("server", "stranger-key", "server", "doesn't belong to"),
    ("server", "stranger-key", "stranger-key", "doesn't belong to"),
    ("server", "rsa-key", "rsa-key", "doesn't belong to"),
    ("reversed", "server-key", "reversed", "wrong order"),
  ]

  @Test(arguments: pairs.indices)
  func `what is wrong with a beacon's files is said of the right one`(index: Int) throws {
    let (certificate, key, named, reason) = Self.pairs[index]
    let error = #expect(throws: TransportError.self) {
      try ServerTLS(certificate: files.path(certificate), key: files.path(key))
    }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains(files.path(named)) == true, "\(error as Any)")
    #expect(error?.message.contains(reason) == true, "\(error as Any)")
    #expect(error?.message.contains("MIG") == false)
  }

  static let authorities: [(String, String)] = [
    ("none", "can't be read: No such file or directory"), ("empty", "is empty"), ("text", "isn't PEM"),
    ("der", "isn't PEM"), ("utf16", "UTF-16"), ("broken", "certificate number 2"), ("server-key", "private key"),
    ("request", "holds no certificate"),
  ]

  @Test(arguments: authorities.indices)
  func `what is wrong with a CA file is said`(index: Int) throws {
    let (name, reason) = Self.authorities[index]
    let error = #expect(throws: TransportError.self) {
      try TrustedAuthorities.roots(of: .file(files.path(name)), system: SystemAuthorities.known)
    }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("the CA file \(files.path(name)) ") == true)
    #expect(error?.message.contains(reason) == true, "\(error as Any)")
  }

  @Test func `a directory in a file's place is told`() throws {
    let directory = try files.makeDirectory("directory")
    let error = #expect(throws: TransportError.self) {
      try ServerTLS(certificate: directory, key: files.path("server-key"))
    }
    #expect(error?.message.contains("\(directory) can't be read: Is a directory") == true)
  }

  @Test func `a mark of the byte order, text in between and other line ends are read over`() throws {
    let text = "issuer: Pilot\n\(TestPEM.authority)\nAnother one:\n\(TestPEM.otherAuthority)".replacing(
      "\n", with: "\r\n")
    for bytes in [
      Array(text.utf8), [0xEF, 0xBB, 0xBF] + text.utf8,
      [0xEF, 0xBB, 0xBF] + TestPEM.authority.utf8
        + TestPEM.otherAuthority.utf8,
    ] {
      #expect(try PEMFile(bytes).certificates().count == 2)
    }
    try files.write([0xEF, 0xBB, 0xBF] + TestPEM.server.utf8, to: "server")
    try files.write([0xEF, 0xBB, 0xBF] + TestPEM.serverKey.utf8, to: "server-key")
    _ = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
  }

  @Test func `certificate and key may stand in one file`() throws {
    try files.write(TestPEM.serverKey + TestPEM.server + TestPEM.authority, to: "both")
    _ = try ServerTLS(certificate: files.path("both"), key: files.path("both"))
  }
}
