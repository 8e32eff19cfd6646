import NIOSSL
import PilotIdentity

/// A file of certificates, of a private key, or of both, taken apart so that an error can say what is wrong with it.
struct PEMFile {
  /// The longest file that is read, in bytes. A system's store has a fraction of this.
  static let sizeLimit = 16 << 20

  private let blocks: [PEMBlock]

  init(reading path: String) throws(PEMFault) {
    let contents: [UInt8]?
    do throws(SystemCallError) {
      contents = try WholeFile.contents(of: path, limit: Self.sizeLimit)
    } catch {
      throw .unreadable(reason: error.description)
    }
    guard let contents else { throw .tooLarge(limit: Self.sizeLimit) }
    try self.init(contents)
  }

  init(_ contents: [UInt8]) throws(PEMFault) {
    if contents.allSatisfy({ $0 <= 0x20 }) { throw .empty }
    if contents.starts(with: [0xFF, 0xFE]) || contents.starts(with: [0xFE, 0xFF]) { throw .utf16 }
    blocks = PEMBlock.all(in: contents)
    if blocks.isEmpty { throw .notPEM }
  }

  var certificateBlocks: [PEMBlock] { blocks.filter(\.isCertificate) }

  /// All certificates, in the file's order.
  func certificates() throws(PEMFault) -> [NIOSSLCertificate] {
    guard blocks.contains(where: \.isCertificate) else {
      throw blocks.contains(where: \.isPrivateKey) ? .keyInsteadOfCertificate : .noCertificate
    }
    var certificates: [NIOSSLCertificate] = []
    for block in certificateBlocks {
      guard let certificate = Self.certificate(block) else {
        throw .brokenCertificate(number: certificates.count + 1)
      }
      certificates.append(certificate)
    }
    return certificates
  }

  static func certificate(_ block: PEMBlock) -> NIOSSLCertificate? {
    (try? NIOSSLCertificate.fromPEMBytes(block.text))?.first
  }

  /// The first private key.
  func privateKey() throws(PEMFault) -> NIOSSLPrivateKey {
    guard let block = blocks.first(where: \.isPrivateKey) else {
      throw blocks.contains(where: \.isCertificate) ? .certificateInsteadOfKey : .noKey
    }
    if block.isEncrypted { throw .encryptedKey }
    guard let key = try? NIOSSLPrivateKey(bytes: block.text, format: .pem) else { throw .unusableKey }
    return key
  }
}
