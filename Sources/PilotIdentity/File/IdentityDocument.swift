package import PilotWire

/// The contents of an identity file (wire reference, section 8):
/// `{"private_key":"<Base64 of seed:32 · public key:32>","public_key":"<Base64 of public key:32>"}`.
///
/// Members with other names are read over. Whether the keys belong together isn't checked here.
package struct IdentityDocument {
  /// The first 32 bytes of the private key.
  package private(set) var seed: [UInt8]
  /// The other 32 bytes of the private key.
  package let publicHalf: [UInt8]
  /// The member `public_key`.
  package let publicKey: PublicKey

  /// Overwrites the private key.
  mutating func erase() {
    seed.erase()
  }

  /// The file's text, on one line.
  package var json: String {
    var key = seed + publicHalf
    defer { key.erase() }
    let privateKey = Base64.encode(key.span.raw)
    return "{\"private_key\":\"\(privateKey)\",\"public_key\":\"\(publicKey.base64)\"}\n"
  }
}

extension IdentityDocument {
  /// Why a text is no identity file. Quotes nothing of the text.
  package enum Fault: Error, Hashable {
    case notJSON
    case missing(Member)
    case badValue(Member)
  }

  /// The members that there must be.
  package enum Member: String {
    case privateKey = "private_key"
    case publicKey = "public_key"

    /// The size of its value, in bytes.
    var byteCount: Int { self == .privateKey ? Identity.seedByteCount + PublicKey.byteCount : PublicKey.byteCount }
  }

  /// Reads the contents of a file.
  package init(parsing contents: [UInt8]) throws(Fault) {
    let object: FlatJSON
    do throws(WireError) {
      let text = contents.span.raw.extracting(droppingFirst: ByteOrderMark.length(in: contents))
      object = try FlatJSON(parsing: text, maximumLength: Identity.fileSizeLimit)
    } catch {
      // What the error says of the text, be it one byte of it, may belong to the private key.
      throw .notJSON
    }
    var privateKey = try Self.value(of: .privateKey, in: object)
    defer { privateKey.erase() }
    seed = Array(privateKey.prefix(Identity.seedByteCount))
    publicHalf = Array(privateKey.dropFirst(Identity.seedByteCount))
    let publicBytes = try Self.value(of: .publicKey, in: object)
    guard let publicKey = try? PublicKey(bytes: publicBytes.span.raw) else { throw .badValue(.publicKey) }
    self.publicKey = publicKey
  }

  private static func value(of member: Member, in object: FlatJSON) throws(Fault) -> [UInt8] {
    guard let value = object[member.rawValue] else { throw .missing(member) }
    guard case .string(let text) = value, let bytes = Base64.decode(text), bytes.count == member.byteCount else {
      throw .badValue(member)
    }
    return bytes
  }
}

extension IdentityDocument.Fault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notJSON: "not one JSON object with each member once"
    case .missing(let member): "\(member.rawValue) is missing"
    case .badValue(let member): "\(member.rawValue) is not the Base64 of \(member.byteCount) bytes"
    }
  }
}
