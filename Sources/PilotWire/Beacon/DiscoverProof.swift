/// A node proves to be who its Discover said, from where it said it, to the beacon that it has dialled:
/// `0x0C · node:4 · timestamp:8 · token:16 · signature:64 · port:2 · host length:1 · host`.
///
/// It names the beacon, so that a beacon with several names has one signature to verify, and none if the name isn't its own.
public struct DiscoverProof: Hashable, Sendable {
  /// The size without the host, in bytes.
  public static let minimumByteCount = DiscoverChallenge.byteCount + Signature.byteCount + 3

  /// The challenge that it answers, sent back unchanged.
  public let challenge: DiscoverChallenge
  /// The node's Ed25519 signature over ``DiscoverChallenge/signedText(naming:)``. Not verified here.
  public let signature: Signature
  /// What the node has dialled the beacon as.
  public let beacon: BeaconName

  /// A message to be written.
  public init(challenge: DiscoverChallenge, signature: Signature, beacon: BeaconName) {
    self.challenge = challenge
    self.signature = signature
    self.beacon = beacon
  }

  /// Reads a whole frame, type byte included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.nodeIDZero`, and `.beaconName` unless the name is one in
  ///   its normal form.
  public init(parsing frame: RawSpan) throws(WireError) {
    challenge = try DiscoverChallenge(in: frame, type: .discoverProof, byteCount: Self.minimumByteCount)
    let name = DiscoverChallenge.byteCount + Signature.byteCount
    signature = try Signature(bytes: frame.extracting(DiscoverChallenge.byteCount..<name))
    let port: UInt16 = frame.bigEndian(at: name)
    let end = Self.minimumByteCount + Int(frame.byte(at: name + 2))
    guard frame.byteCount >= end else { throw .truncated(needed: end, had: frame.byteCount) }
    let host = frame.extracting(Self.minimumByteCount..<end).copied()
    guard let beacon = BeaconName(host: String(decoding: host, as: UTF8.self), port: port),
      beacon.host.utf8.elementsEqual(host)
    else { throw .beaconName }
    self.beacon = beacon
  }
}

extension DiscoverProof: FrameEncodable {
  /// 96 bytes, and the host: at most 349.
  public var encodedLength: Int { Self.minimumByteCount + beacon.host.utf8.count }

  /// See `FrameEncodable.append(to:)`.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    challenge.append(.discoverProof, to: &output)
    signature.withBytes { bytes in output.append(contentsOf: bytes) }
    output.append(bigEndian: beacon.port)
    output.append(UInt8(truncatingIfNeeded: beacon.host.utf8.count))
    for byte in beacon.host.utf8 { output.append(byte) }
  }
}
