import Crypto
import PilotWire

extension PairingLine {
  /// What two people read to each other to be sure that nobody has changed the line: 80 bits of SHA-256 over node and key, in groups
  /// of four hexadecimal digits. To make another key with the same one takes 2^80 tries.
  var fingerprint: String {
    let bytes = Array(SHA256.hash(data: Array("pilot-pair:\(node):".utf8) + key.bytes).prefix(10))
    let digits = Hex.encode(bytes.span.raw)
    return stride(from: 0, to: digits.utf8.count, by: 4).map { digits.dropFirst($0).prefix(4) }.joined(separator: " ")
  }
}
