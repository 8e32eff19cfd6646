/// A Relay that one beacon passes on to another of its cluster, authenticated:
/// `0x0F · beacon:4 · session:4 · counter:8 · tag:16 · relay`.
///
/// An extension on a type that the deployed wire leaves free. It borrows the Relay from the frame, as it came from the node (wire
/// reference, section 2). What it claims is worth nothing before the tag has been verified and the counter looked up.
@frozen
public struct ClusterRelay: ~Escapable {
  /// The bytes in front of the Relay, type included.
  public static var headerLength: Int {
    @inlinable get { 33 }
  }
  /// Where the tag stands, in bytes.
  public static var tagOffset: Int {
    @inlinable get { 17 }
  }

  /// The beacon that passes it on, by its number in the cluster.
  public let beaconID: UInt32
  /// What tells the key that it is authenticated with from earlier ones of the two beacons.
  public let session: UInt32
  /// Never the same twice with one key. The upper 16 bits number the sender's lanes, each of which counts from 1.
  public let counter: UInt64
  /// The tag, over the Relay.
  public let tag: ClusterTag
  /// The Relay, which is yet to be parsed.
  public let relay: RawSpan

  /// A message to be written.
  @inlinable
  @_lifetime(copy relay)
  public init(beaconID: UInt32, session: UInt32, counter: UInt64, tag: ClusterTag, relay: RawSpan) {
    self.beaconID = beaconID
    self.session = session
    self.counter = counter
    self.tag = tag
    self.relay = relay
  }

  /// Reads a whole frame, type byte included.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`: a Relay has 9 bytes at least.
  @inlinable
  @_lifetime(copy frame)
  public init(parsing frame: RawSpan) throws(WireError) {
    try BeaconMessageType.clusterRelay.check(frame, minimumLength: Self.headerLength + Relay.headerLength)
    beaconID = frame.bigEndian(at: 1)
    session = frame.bigEndian(at: 5)
    counter = frame.bigEndian(at: 9)
    tag = ClusterTag(high: frame.bigEndian(at: Self.tagOffset), low: frame.bigEndian(at: Self.tagOffset + 8))
    relay = frame.extracting(droppingFirst: Self.headerLength)
  }
}

extension ClusterRelay: FrameEncodable {
  /// 33 bytes and the Relay.
  @inlinable
  public var encodedLength: Int { Self.headerLength + relay.byteCount }

  /// See ``FrameEncodable/append(to:)``.
  @inlinable
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(BeaconMessageType.clusterRelay.rawValue)
    output.append(bigEndian: beaconID)
    output.append(bigEndian: session)
    output.append(bigEndian: counter)
    output.append(bigEndian: tag.high)
    output.append(bigEndian: tag.low)
    output.append(contentsOf: relay)
  }
}

/// The tag of a ``ClusterRelay``, 16 bytes.
@frozen
public struct ClusterTag: Hashable, Sendable {
  /// The first 8 bytes, as a number in host order.
  public let high: UInt64
  /// The last 8 bytes, as a number in host order.
  public let low: UInt64

  /// The tag of 16 bytes given as two numbers.
  @inlinable
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Compares without telling, by the time it takes, where the difference is.
  @inlinable
  public static func == (left: Self, right: Self) -> Bool {
    (left.high ^ right.high) | (left.low ^ right.low) == 0
  }

  /// The bytes in lower-case hex, 32 digits.
  public var hex: String {
    Hex.padded(String(high, radix: 16), to: 16) + Hex.padded(String(low, radix: 16), to: 16)
  }
}
