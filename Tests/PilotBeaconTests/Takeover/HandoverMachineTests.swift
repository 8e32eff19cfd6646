import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Both sides of a takeover: what is done in which order, and what is left when it fails at each step.
struct HandoverMachineTests {
  private static let offer = TakeoverOffer(beaconID: 1, udp: .any(port: 9_001), udpSockets: 2)
  private static let tally = TableTally()
  /// What the new beacon says, in its order.
  private static let news: [TakeoverMessage] = [.hello, .accept(.all), .ready, .reading]
  /// What the old one does then.
  private static let actions: [HandoverMachine.Action] = [.offer, .copy(.all), .freeze(.all), .release(.all)]

  /// An old beacon that has heard so much.
  private static func old(after count: Int) -> HandoverMachine {
    var machine = HandoverMachine()
    for message in news.prefix(count) { _ = machine.received(message) }
    return machine
  }

  @Test func theOldOneGoesStepByStep() {
    var machine = HandoverMachine()
    for (message, action) in zip(Self.news, Self.actions) { #expect(machine.received(message) == action) }
    #expect(machine.state == .over)
  }

  @Test(arguments: 0..<4) func itServesOnWhereverTheOtherOneFails(_ step: Int) {
    var machine = Self.old(after: step)
    #expect(machine.failed() == (step < 3 ? .abandon : .resume))
    #expect(machine.failed() == .ignore)
  }

  @Test(arguments: 0..<4) func whatIsNotDueIsAFailure(_ step: Int) {
    let all: [TakeoverMessage] = Self.news + [.offer(Self.offer), .copied(Self.tally), .piece, .done, .busy]
    for message in all where message != Self.news[step] {
      var machine = Self.old(after: step)
      #expect(machine.received(message) == (step < 3 ? .abandon : .resume), "\(message)")
      #expect(machine.state == .over)
    }
  }

  @Test func onceItHasGivenAllUpNothingBringsItBack() {
    var machine = Self.old(after: 4)
    #expect(machine.failed() == .ignore)
    #expect(machine.received(.hello) == .ignore)
  }

  @Test(arguments: [TakeoverParts.table, .peers, [.wss, .table]])
  func aTableOrPeersWithoutSocketsAreNoWish(_ parts: TakeoverParts) {
    var machine = Self.old(after: 1)
    #expect(machine.received(.accept(parts)) == .abandon)
  }

  // MARK: The new one

  private static func new(_ parts: TakeoverParts = .all) -> TakeoverMachine { TakeoverMachine { _ in parts } }

  @Test func theNewOneGoesStepByStep() {
    var machine = Self.new()
    #expect(machine.received(.offer(Self.offer)) == .accept(.all))
    #expect(machine.received(.descriptors(.udp)) == .keep(.udp))
    #expect(machine.received(.piece) == .take)
    #expect(machine.received(.copied(Self.tally)) == .prepare(Self.tally))
    expect(machine.begin(), true)
    #expect(machine.received(.piece) == .take)
    #expect(machine.received(.yours(Self.tally)) == .read(Self.tally))
    #expect(machine.received(.done) == .serve)
  }

  @Test func itSaysThatItIsReadyOnceAndNotBefore() {
    var machine = Self.new()
    expect(machine.begin(), false)
    _ = machine.received(.offer(Self.offer))
    expect(machine.begin(), false)
    _ = machine.received(.copied(Self.tally))
    expect(machine.begin(), true)
    expect(machine.begin(), false)
  }

  @Test func descriptorsThatWereNotAskedForAreAFailure() {
    var machine = Self.new([.udp, .table])
    _ = machine.received(.offer(Self.offer))
    #expect(machine.received(.descriptors(.wss)) == .end)
  }

  @Test func aTableThatWasRefusedDoesNotCome() {
    var machine = Self.new([.udp])
    _ = machine.received(.offer(Self.offer))
    #expect(machine.received(.piece) == .end)
  }

  @Test func whoIsBusyIsAskedAgainLater() {
    var machine = Self.new()
    #expect(machine.received(.busy) == .wait)
    #expect(machine.state == .over)
  }

  @Test func onlyOnceItReadsTheEndOfTheOtherOneIsNoFailure() {
    var machine = Self.new()
    let messages: [TakeoverMessage] = [.offer(Self.offer), .copied(Self.tally)]
    for message in messages {
      var broken = machine
      #expect(broken.ended() == .end)
      _ = machine.received(message)
    }
    _ = machine.begin()
    var broken = machine
    #expect(broken.ended() == .end)
    _ = machine.received(.yours(Self.tally))
    #expect(machine.ended() == .serve)
  }

  @Test func itEndsWhenTheOtherOneServesOn() {
    var machine = Self.new()
    for message: TakeoverMessage in [.offer(Self.offer), .copied(Self.tally)] { _ = machine.received(message) }
    _ = machine.begin()
    _ = machine.received(.yours(Self.tally))
    #expect(machine.received(.resumed) == .end)
  }

  // MARK: What is wanted

  @Test func whatListensElsewhereIsNotTaken() {
    var offer = Self.offer
    offer.wss = .any(port: 443)
    offer.http = Endpoint(ipv4: 127, 0, 0, 1, port: 9_100)
    #expect(offer.parts(udp: offer.udp, wss: offer.wss, http: offer.http) == .all)
    #expect(offer.parts(udp: .any(port: 0), wss: nil, http: nil) == [.udp, .table, .peers])
    #expect(offer.parts(udp: .any(port: 9_002), wss: .any(port: 443), http: .any(port: 9_100)) == .wss)
    #expect(
      offer.parts(udp: Endpoint(ipv4: 127, 0, 0, 1, port: 9_001), wss: .any(port: 444), http: offer.http) == .http)
  }

  @Test func allOfIPv4IsWhatIsBoundForAllWhereThereIsNoIPv6() {
    var offer = Self.offer
    offer.udp = Endpoint(ipv4Address: 0, port: 9_001)
    #expect(offer.parts(udp: .any(port: 9_001), wss: nil, http: nil).contains(.udp))
  }

  @Test func aTableOfAnotherVersionOrLengthIsNotTaken() {
    var offer = Self.offer
    offer.table &+= 1
    #expect(offer.parts(udp: offer.udp, wss: nil, http: nil) == [.udp, .peers])
    offer = Self.offer
    offer.recordLength &+= 8
    #expect(offer.parts(udp: offer.udp, wss: nil, http: nil) == [.udp, .peers])
  }
}
