import PilotWire

/// What a node's frames to itself carry: 16 bytes that nobody else can guess.
public struct ProbeToken: Sendable, Hashable {
  /// The bytes, as two numbers in the order of the network.
  public let high: UInt64
  /// See ``high``.
  public let low: UInt64

  /// A token for tests and simulations.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A token from a source of randomness, the system's for one that is used on a network.
  public init(using generator: inout some RandomNumberGenerator) {
    self.init(high: generator.next(), low: generator.next())
  }

  /// The payload of a probe.
  public var payload: [UInt8] {
    [UInt8](rawCapacity: 16) { output in
      output.append(bigEndian: high)
      output.append(bigEndian: low)
    }
  }

  /// The payload of a numbered probe.
  ///
  /// - Parameters:
  ///   - number: What it is known by when it comes back.
  ///   - length: How long it is, in bytes: 20 at least.
  public func echo(_ number: UInt32, length: Int) -> [UInt8] {
    [UInt8](rawCapacity: max(length, 20)) { output in
      output.append(bigEndian: high)
      output.append(bigEndian: low)
      output.append(bigEndian: number)
      while output.byteCount < length { output.append(UInt8(0)) }
    }
  }

  /// Whether this is a probe's payload, numbered or not.
  func isCarried(by payload: RawSpan) -> Bool {
    payload.byteCount >= 16 && payload.bigEndian(at: 0) == high && payload.bigEndian(at: 8) == low
  }

  /// The number in a probe's payload; nil if it has none, and for what is no probe.
  public func number(in payload: RawSpan) -> UInt32? {
    guard payload.byteCount >= 20, isCarried(by: payload) else { return nil }
    return payload.bigEndian(at: 16)
  }
}
