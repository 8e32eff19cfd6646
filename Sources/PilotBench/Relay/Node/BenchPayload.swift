import PilotWire

/// A payload that says which one it is and when it was sent: `sequence:8 · nanoseconds:8 · filler`.
///
/// It is made once, and only its numbers are written anew for each send.
struct BenchPayload: Sendable {
  /// The shortest one, in bytes.
  static let minimumLength = 16

  private var storage: [UInt8]

  /// - Parameter length: In bytes; at least ``minimumLength``.
  init(length: Int) {
    storage = [UInt8](repeating: 0x50, count: max(length, Self.minimumLength))
  }

  /// All of it, lent.
  var bytes: RawSpan {
    @_lifetime(borrow self)
    get { storage.span.raw }
  }

  /// Writes the payload's number, and the instant that it says.
  mutating func stamp(_ sequence: UInt64, at now: UInt64) {
    write(sequence, at: 0)
    write(now, at: 8)
  }

  private mutating func write(_ number: UInt64, at offset: Int) {
    // SAFETY: the offsets are those of the two numbers, which every payload has.
    unsafe storage.withUnsafeMutableBytes { buffer in
      unsafe buffer.storeBytes(of: number.bigEndian, toByteOffset: offset, as: UInt64.self)
    }
  }
}

/// A ``BenchPayload`` at the end of its way, lent.
struct BenchDelivery: ~Escapable {
  /// Who sent it.
  let sender: NodeID
  /// Its number.
  let sequence: UInt64
  /// When it was sent, in nanoseconds of the sender's clock.
  let sentAt: UInt64
  /// All of it.
  let payload: RawSpan

  /// Reads a payload.
  ///
  /// - Throws: `.truncated` if it is none of a measurement.
  @_lifetime(copy payload)
  init(_ payload: RawSpan, from sender: NodeID) throws(WireError) {
    try payload.require(BenchPayload.minimumLength)
    self.sender = sender
    self.payload = payload
    sequence = payload.bigEndian(at: 0)
    sentAt = payload.bigEndian(at: 8)
  }
}

/// What a node does with what is delivered to it. The value belongs to the task that receives.
protocol DeliveryHandler: Sendable {
  /// A frame was delivered. It is lent for the call.
  mutating func received(_ delivery: borrowing BenchDelivery)
  /// All that had arrived has been handed over.
  mutating func readCompleted()
}

extension DeliveryHandler {
  /// Nothing is to be done then.
  mutating func readCompleted() {}
}
