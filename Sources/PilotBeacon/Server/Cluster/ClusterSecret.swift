import Crypto
import PilotIdentity
package import PilotTransport
import PilotWire

/// What the beacons of a cluster have in common, and nobody else knows.
///
/// No description, log line or error holds it.
package struct ClusterSecret: Sendable {
  /// In bytes: 32 random ones as hex digits have 64, in Base64 44.
  static let length = 32...1_024

  private let key: SymmetricKey

  /// - Throws: `.invalidConfiguration` unless there are 32 to 1,024 bytes.
  init(_ bytes: some Collection<UInt8>) throws(TransportError) {
    guard Self.length.contains(bytes.count), Set(bytes).count >= 8 else {
      throw Self.invalid(
        "the cluster's secret must be \(Self.length.lowerBound) to \(Self.length.upperBound) bytes that can't be guessed, "
          + "such as those of: openssl rand -hex 32")
    }
    var copy = Array(bytes)
    defer { copy.erase() }
    key = SymmetricKey(data: copy)
  }

  /// Reads a file with the secret, which none but its owner may read, or the group of a file of root's. Line breaks at the end aren't
  /// part of it.
  ///
  /// - Throws: `.invalidConfiguration` that says why it can't be used.
  package init(path: String) throws(TransportError) {
    var contents: [UInt8]
    do throws(PrivateFile.Problem) {
      contents = try PrivateFile.contents(of: path, limit: Self.length.upperBound + 2, for: .ownerOrRootsGroup)
    } catch {
      throw Self.invalid("the file with the cluster's secret \(path) \(error)")
    }
    defer { contents.erase() }
    while let last = contents.last, last == 0x0A || last == 0x0D { contents.removeLast() }
    do throws(TransportError) {
      try self.init(contents)
    } catch {
      throw Self.invalid("\(path): \(error.message)")
    }
  }

  private static func invalid(_ message: String) -> TransportError {
    TransportError(code: .invalidConfiguration, message: message)
  }

  /// Tells another secret from this one, and nothing else of it: 64 bits that whoever reads etcd may see. Of a secret that can be
  /// guessed it would let somebody know that he has guessed right; so would each frame that is passed on.
  var fingerprint: UInt64 {
    let derived = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key, info: Array("pilot-cluster-fingerprint-v1".utf8), outputByteCount: 8)
    // SAFETY: the bytes are read within the call, and no secret.
    return unsafe derived.withUnsafeBytes { bytes in unsafe bytes.reduce(0) { $0 << 8 | UInt64($1) } }
  }

  /// The key for what one beacon sends another one, and what tells it from others of the two (wire reference, section 2).
  func key(from sender: ClusterIdentity, to receiver: ClusterIdentity) -> (key: SymmetricKey, session: UInt32) {
    let info = [UInt8](rawCapacity: 40) { output in
      for byte in "pilot-cluster-v1".utf8 { output.append(byte) }
      for identity in [sender, receiver] {
        output.append(bigEndian: identity.beaconID)
        output.append(bigEndian: identity.epoch)
      }
    }
    let derived = HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: info, outputByteCount: 36)
    // SAFETY: the bytes are copied, and the copy is overwritten below.
    var bytes = unsafe derived.withUnsafeBytes { unsafe Array($0) }
    defer { bytes.erase() }
    let session = bytes.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return (SymmetricKey(data: bytes.prefix(32)), session)
  }
}

extension ClusterSecret: CustomStringConvertible, CustomReflectable {
  /// Nothing of it.
  package var description: String { "a cluster's secret" }
  /// Nothing of it.
  package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

/// What keys are made for: a beacon, from one start to the next.
struct ClusterIdentity: Hashable, Sendable {
  let beaconID: UInt32
  let epoch: UInt64

  init(beaconID: UInt32, epoch: UInt64) {
    (self.beaconID, self.epoch) = (beaconID, epoch)
  }

  init(_ member: ClusterMember) {
    (beaconID, epoch) = (member.beaconID, member.epoch)
  }
}
