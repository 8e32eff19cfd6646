import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// What a client does about a beacon that is about to end, and where it lets itself be sent.
@Suite struct DrainPlanTests {
  private let start = MonotonicInstant.start.advanced(by: .seconds(100))

  private func span(_ from: UInt32, _ until: UInt32) throws -> ReturnSpan {
    try #require(ReturnSpan(from: from, until: until))
  }

  private func connected() -> DrainPlan {
    var plan = DrainPlan()
    plan.connected(at: start)
    return plan
  }

  @Test(arguments: [(0.0, 1_000), (0.5, 2_000), (1.0, 3_000), (-1.0, 1_000), (7.0, 3_000)])
  func itDialsAtAMomentOfItsOwnWithinTheSpan(_ random: Double, _ delay: Int) throws {
    var plan = connected()
    let told = plan.told(try span(1_000, 3_000), nil, at: start, random: random)
    #expect(told == .wait(.milliseconds(delay)))
    #expect(plan.due() == .dial(nil))
    #expect(plan.due() == .nothing)
  }

  @Test func onlyTheFirstWordOnAConnectionCounts() throws {
    var plan = connected()
    let place = WSSURL(host: "b.example")
    #expect(plan.told(try span(0, 0), place, at: start, random: 0) == .wait(.zero))
    #expect(plan.told(try span(0, 0), nil, at: start, random: 0) == .ignore)
    #expect(plan.due() == .dial(place))
    #expect(plan.told(try span(0, 0), nil, at: start, random: 0) == .ignore)
  }

  @Test func whatFailsIsTriedAgainAtTheSamePlaceAndMoreRarely() throws {
    var plan = connected()
    let place = WSSURL(host: "b.example")
    _ = plan.told(try span(0, 0), place, at: start, random: 0)
    var delays: [Duration] = []
    for _ in 0..<4 {
      #expect(plan.due() == .dial(place))
      delays.append(plan.failed(retryAfter: .zero, at: start, random: 1))
    }
    #expect(delays == [.seconds(2), .seconds(4), .seconds(8), .seconds(15)])
    #expect(plan.ended(at: start) == nil, "nobody was there when it was time")
    #expect(plan.due() == .nothing)
  }

  @Test func closedBeforeItsTimeItComesBackWhenItWasTold() throws {
    var plan = connected()
    _ = plan.told(try span(10_000, 20_000), nil, at: start, random: 0.5)
    #expect(plan.ended(at: start.advanced(by: .seconds(5))) == .seconds(10))
    var late = connected()
    _ = late.told(try span(0, 0), nil, at: start, random: 0.5)
    #expect(late.ended(at: start.advanced(by: .seconds(5))) == nil)
    // Whoever was named goes with the connection that has named it.
    var elsewhere = connected()
    _ = elsewhere.told(try span(10_000, 20_000), WSSURL(host: "b.example"), at: start, random: 0.5)
    #expect(elsewhere.ended(at: start) == nil)
  }

  @Test func beaconsThatSendItAroundKeepItAtLast() throws {
    var plan = DrainPlan()
    var now = start
    plan.connected(at: now)
    for _ in 0..<3 {
      #expect(plan.told(try span(0, 0), nil, at: now, random: 0) == .wait(.zero))
      _ = plan.due()
      plan.connected(at: now)
      now = now.advanced(by: .seconds(10))
    }
    now = now.advanced(by: .seconds(-10))
    #expect(plan.told(try span(0, 0), nil, at: now.advanced(by: .seconds(59)), random: 0) == .ignore)
    #expect(plan.told(try span(0, 0), nil, at: now.advanced(by: .seconds(60)), random: 0) == .wait(.zero))
  }

  @Test func whoIsSentOnAsSoonAsItArrivesStays() throws {
    let (other, span) = (WSSURL(host: "b.example"), try span(2_000, 5_000))
    var plan = connected()
    // Full, and another one named: it goes there.
    #expect(plan.told(span, other, at: start, random: 0) == .wait(.seconds(2)))
    #expect(plan.due() == .dial(other))
    let arrived = start.advanced(by: .seconds(2))
    plan.connected(at: arrived)
    // Full as well, and the first one named: it stays.
    for milliseconds in [0, 5_000, 9_999] {
      let now = arrived.advanced(by: .milliseconds(milliseconds))
      #expect(plan.told(span, nil, at: now, random: 0) == .ignore)
    }
    #expect(plan.due() == .nothing)
    // A beacon that ends later is left as ever, and so is one that was dialled anew.
    #expect(plan.told(span, nil, at: arrived.advanced(by: .seconds(10)), random: 0) == .wait(.seconds(2)))
    _ = plan.ended(at: arrived.advanced(by: .seconds(11)))
    let again = arrived.advanced(by: .seconds(12))
    plan.connected(at: again)
    #expect(plan.told(span, other, at: again, random: 0) == .wait(.seconds(2)))
  }

  /// Beacons that are all full, and name the next one each: however long their words take to come, and whatever they name.
  @Test(arguments: [0, 1, 9_999, 10_000, 30_000, 59_999])
  func fullBeaconsSendItInNoCircle(_ delay: Int) throws {
    var plan = DrainPlan()
    var (now, moves) = (start, 0)
    plan.connected(at: now)
    while moves < 100 {
      let told = plan.told(.atOnce, WSSURL(host: "b.example"), at: now.advanced(by: .milliseconds(delay)), random: 0)
      guard case .wait = told else { break }
      _ = plan.due()
      now = now.advanced(by: .milliseconds(delay + 100))
      plan.connected(at: now)
      moves += 1
    }
    #expect(moves == (delay < 10_000 ? 1 : 3))
  }

  struct Place: CustomTestStringConvertible {
    let from: String
    let to: String
    var isOwn = true
    var allowsPlaintext = false
    let isFollowed: Bool
    var testDescription: String { "\(from) → \(to)" }
  }

  static let places = [
    Place(from: "wss://a.example", to: "wss://b.example", isFollowed: true),
    Place(from: "wss://a.example", to: "wss://b.example:8443/x", isFollowed: true),
    Place(from: "wss://a.example", to: "wss://b.example", isOwn: false, isFollowed: false),
    Place(from: "wss://a.example", to: "ws://a.example", isFollowed: false),
    Place(from: "wss://a.example", to: "ws://a.example", allowsPlaintext: true, isFollowed: false),
    Place(from: "wss://a.example", to: "ws://127.0.0.1:80", isFollowed: false),
    Place(from: "wss://a.example", to: "udp://b.example:9001", isFollowed: false),
    Place(from: "wss://a.example", to: "https://b.example", isFollowed: false),
    Place(from: "wss://a.example", to: "wss://user@b.example", isFollowed: false),
    Place(from: "wss://a.example", to: "wss://b.example?x", isFollowed: false),
    Place(from: "wss://a.example", to: "wss://", isFollowed: false),
    Place(from: "ws://127.0.0.1:9000", to: "ws://127.0.0.1:9001", isFollowed: true),
    Place(from: "ws://127.0.0.1:9000", to: "ws://127.0.0.2:9000", isFollowed: false),
    Place(from: "ws://127.0.0.1:9000", to: "wss://b.example", isFollowed: false),
    Place(from: "ws://a.example", to: "ws://a.example:81", allowsPlaintext: true, isFollowed: true),
    Place(from: "ws://a.example", to: "ws://b.example", allowsPlaintext: true, isFollowed: false),
  ]

  @Test(arguments: places)
  func itGoesOnlyWhereEveryCheckHoldsThatHeldBefore(_ place: Place) throws {
    var configuration = try TestClient.configuration(WSSURL(parsing: place.from))
    configuration.allowsPlaintext = place.allowsPlaintext
    let pins: Set<KeyPin> = [try #require(KeyPin(hex: String(repeating: "ab", count: 32)))]
    configuration.trust = .keys(pins)
    let moved = configuration.moved(to: place.to, isOwn: place.isOwn)
    #expect((moved != nil) == place.isFollowed)
    guard let moved else { return }
    #expect(moved.beacon == (try WSSURL(parsing: place.to)))
    #expect(moved.requiresBeaconName)
    #expect(moved.trust == configuration.trust)
    #expect(moved.identity.publicKey == configuration.identity.publicKey)
    #expect(moved.node == configuration.node)
  }
}
