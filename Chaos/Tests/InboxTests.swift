import ChaosCore
import PilotWire
import Testing

@Suite struct InboxTests {
  private var inbox: Inbox

  init() {
    inbox = Inbox(run: 1, node: 2)
    inbox.begin(round: 5)
  }

  private func parcel(_ sequence: UInt32, _ change: (inout Parcel) -> Void = { _ in }) -> [UInt8] {
    var parcel = Parcel(run: 1, round: 5, sender: 7, destination: 2, stream: 1, sequence: sequence)
    change(&parcel)
    return parcel.encoded(length: 50)
  }

  private mutating func receive(
    _ payload: [UInt8], from sender: UInt32 = 7, keepsOrder: Bool = true
  ) -> DeliveryFinding {
    inbox.receive(payload.span.raw, from: sender, keepsOrder: keepsOrder)
  }

  @Test mutating func `new parcels in their order are good, with gaps too`() {
    for sequence: UInt32 in [0, 1, 5, 64, 200] { #expect(receive(parcel(sequence)) == .good) }
  }

  @Test mutating func `a second one is a duplicate, whatever came between`() {
    #expect(receive(parcel(3)) == .good)
    #expect(receive(parcel(70)) == .good)
    #expect(receive(parcel(3)) == .duplicate)
  }

  @Test mutating func `an earlier one is out of order only where the order is kept`() {
    #expect(receive(parcel(3)) == .good)
    #expect(receive(parcel(2), keepsOrder: false) == .good)
    #expect(receive(parcel(1)) == .reordered)
  }

  @Test mutating func `a sender's new connection begins a new order`() {
    #expect(receive(parcel(3)) == .good)
    #expect(receive(parcel(2) { $0.stream = 2 }) == .good)
  }

  @Test mutating func `what isn't for this node, or not from the named one, is found out`() {
    #expect(receive(parcel(0) { $0.destination = 3 }) == .misdelivered)
    #expect(receive(parcel(0), from: 8) == .misattributed)
    #expect(receive(parcel(0) { $0.run = 9 }) == .foreign)
    #expect(receive(parcel(0) { $0.run = ~1 }) == .lie)
    #expect(receive(Array(parcel(0).dropLast())) == .corrupt)
    #expect(receive(parcel(0)) == .good)
  }

  @Test mutating func `what comes after its round is late`() {
    let old = parcel(0)
    inbox.begin(round: 6)
    #expect(receive(old) == .late)
  }

  @Test mutating func `a sender can be the first to begin a round`() {
    #expect(receive(parcel(4)) == .good)
    #expect(receive(parcel(4) { $0.round = 6 }) == .good)
    inbox.begin(round: 6)
    #expect(receive(parcel(4) { $0.round = 6 }) == .duplicate)
    #expect(receive(parcel(5)) == .late)
  }

  @Test mutating func `a round forgets the numbers of the last`() {
    #expect(receive(parcel(0)) == .good)
    inbox.begin(round: 6)
    #expect(receive(parcel(0) { $0.round = 6 }) == .good)
  }
}
