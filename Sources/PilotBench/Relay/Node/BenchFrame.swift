import PilotTransport
import PilotWire

/// A frame to be relayed, whose payload says which one it is and when it was sent: `sequence:8 · nanoseconds:8 · filler`.
///
/// It is made once, and only its numbers are written anew for each send.
struct BenchFrame: Sendable {
  /// The shortest payload, in bytes.
  static let minimumLength = 16

  private var bytes: [UInt8]

  /// - Parameter length: The payload's bytes; at least ``minimumLength``.
  init(from sender: NodeID, to destination: NodeID, length: Int) {
    let payload = [UInt8](repeating: 0x50, count: max(length, Self.minimumLength))
    bytes = Relay(sender: sender, destination: destination, payload: payload.span.raw).encoded()
  }

  /// The whole frame, lent.
  var span: RawSpan {
    @_lifetime(borrow self)
    get { bytes.span.raw }
  }

  /// Copies the frame into a batch.
  ///
  /// - Returns: Whether it fitted.
  func append(to batch: inout FrameBatch, for endpoint: Endpoint) -> Bool {
    batch.append(bytes.span.raw, to: endpoint)
  }

  /// Writes the payload's number, and the instant that it says.
  mutating func stamp(_ sequence: UInt64, at now: UInt64) {
    write(sequence, at: Relay.headerLength)
    write(now, at: Relay.headerLength + 8)
  }

  /// Writes the node that it goes to.
  mutating func address(to node: NodeID) {
    write(node.rawValue, at: 5)
  }

  private mutating func write<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
    // SAFETY: the offsets lie in the header and the two numbers behind it, which every frame has.
    unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe buffer.storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
    }
  }
}

/// What the beacon made of a ``BenchFrame`` at the end of its way, lent.
struct BenchDelivery: ~Escapable {
  /// Who sent it.
  let sender: NodeID
  /// Its number.
  let sequence: UInt64
  /// When it was sent, in nanoseconds of the sender's clock.
  let sentAt: UInt64
  /// All of it.
  let payload: RawSpan

  /// Takes a delivery apart, in either of its forms.
  @_lifetime(copy frame)
  init(_ frame: RawSpan) throws(WireError) {
    if !frame.isEmpty, frame.byte(at: 0) == BeaconMessageType.relayDeliverDest.rawValue {
      let delivery = try RelayDeliverDest(parsing: frame)
      sender = delivery.sender
      payload = delivery.payload
    } else {
      let delivery = try RelayDeliver(parsing: frame)
      sender = delivery.sender
      payload = delivery.payload
    }
    try payload.require(BenchFrame.minimumLength)
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
