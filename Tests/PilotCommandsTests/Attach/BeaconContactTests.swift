import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("A UDP node's contact with its beacon")
struct BeaconContactTests {
  private static let first = Endpoint(high: 0, low: 1, port: 9_001)
  private static let second = Endpoint(ipv4: 127, 0, 0, 1, port: 9_001)
  private static let stranger = Endpoint(ipv4: 192, 0, 2, 9, port: 9_001)

  private static func at(_ seconds: Double) -> MonotonicInstant { .start.advanced(by: .seconds(seconds)) }

  private static func contact(others: [Endpoint] = []) -> BeaconContact {
    BeaconContact(first: first, others: others, at: .start)
  }

  @Test("an answer alone doesn't make it reachable: the frame to itself has to come back")
  func evidence() {
    var contact = Self.contact()
    #expect(contact.tick(at: .start) == .announce(Self.first))
    #expect(contact.tick(at: .start) == .wait(until: Self.at(1)))
    #expect(contact.answered(from: Self.first, at: Self.at(0.1)) == true)
    #expect(contact.tick(at: Self.at(0.1)) == .probe(Self.first))
    #expect(contact.tick(at: Self.at(0.1)) == .wait(until: Self.at(0.35)))
    #expect(contact.returned(from: Self.first) == true)
    #expect(contact.tick(at: Self.at(0.2)) == .settled(.reachable))
    #expect(contact.tick(at: Self.at(0.2)) == .wait(until: Self.at(60.1)))
  }

  @Test("a node that was elsewhere is reachable when its proof has been taken, not before")
  func provenElsewhere() {
    var contact = Self.contact()
    #expect(contact.tick(at: .start) == .announce(Self.first))
    #expect(contact.answered(from: Self.first, at: Self.at(0.01)) == true)
    #expect(contact.tick(at: Self.at(0.01)) == .probe(Self.first))
    #expect(contact.challenged(from: Self.first, at: Self.at(0.01)) == true)
    // The probe was dropped: the beacon held the node to be elsewhere. The answer to the proof brings another.
    #expect(contact.answered(from: Self.first, at: Self.at(0.02)) == true)
    #expect(contact.tick(at: Self.at(0.02)) == .probe(Self.first))
    #expect(contact.returned(from: Self.first) == true)
    #expect(contact.tick(at: Self.at(0.03)) == .settled(.reachable))
  }

  @Test("a lost frame to itself is sent again")
  func lostProbe() {
    var contact = Self.contact()
    _ = contact.tick(at: .start)
    _ = contact.answered(from: Self.first, at: .start)
    for step in 0..<7 {
      #expect(contact.tick(at: Self.at(0.25 * Double(step))) == .probe(Self.first))
    }
  }

  @Test("without evidence it is ready after two seconds, and says what is missing")
  func patience() {
    var silent = Self.contact()
    _ = silent.tick(at: .start)
    #expect(silent.tick(at: Self.at(1.999)) != .settled(.unanswered))
    #expect(silent.tick(at: Self.at(2)) == .settled(.unanswered))
    var refused = Self.contact()
    _ = refused.tick(at: .start)
    _ = refused.answered(from: Self.first, at: Self.at(0.1))
    #expect(refused.tick(at: Self.at(2)) == .settled(.undelivered))
    #expect(refused.returned(from: Self.first) == true, "a late one is still no frame for the user")
    #expect(refused.tick(at: Self.at(2)) == .wait(until: Self.at(60.1)))
  }

  @Test("of several addresses all are asked, and the first that answers stays")
  func addresses() {
    var contact = Self.contact(others: [Self.second])
    #expect(!contact.isPlaced)
    #expect(contact.tick(at: .start) == .ask([Self.first, Self.second]))
    #expect(contact.tick(at: .start) == .wait(until: Self.at(0.25)))
    #expect(contact.tick(at: Self.at(0.25)) == .ask([Self.first, Self.second]))
    #expect(contact.answered(from: Self.stranger, at: Self.at(0.3)) == false)
    #expect(contact.answered(from: Self.second, at: Self.at(0.3)) == true)
    #expect(contact.beacon == Self.second)
    #expect(contact.tick(at: Self.at(0.3)) == .announce(Self.second))
    #expect(contact.answered(from: Self.first, at: Self.at(0.4)) == false, "the other one is nobody from then on")
    #expect(contact.answered(from: Self.second, at: Self.at(0.4)) == true)
    #expect(contact.tick(at: Self.at(0.4)) == .probe(Self.second))
  }

  @Test("when no address answers, the first is taken, and asked on")
  func noAddress() {
    var contact = Self.contact(others: [Self.second])
    #expect(contact.tick(at: .start) == .ask([Self.first, Self.second]))
    #expect(contact.tick(at: Self.at(2)) == .settled(.unanswered))
    #expect(contact.beacon == Self.first)
    // The beacon may come up at any of them, at any time.
    for hour in 1...3 { #expect(contact.tick(at: Self.at(3_600 * Double(hour))) == .ask([Self.first, Self.second])) }
    #expect(contact.tick(at: Self.at(3 * 3_600)) == .wait(until: Self.at(3 * 3_600 + 2)))
    let isNews = contact.answered(from: Self.second, at: Self.at(3 * 3_600 + 1))
    #expect(isNews)
    #expect(contact.tick(at: Self.at(3 * 3_600 + 1)) == .announce(Self.second))
    #expect(contact.beacon == Self.second)
  }

  @Test("where nothing can be sent, nothing is waited for")
  func cannotSend() {
    var contact = Self.contact(others: [Self.second])
    _ = contact.tick(at: .start)
    contact.cannotSend()
    #expect(contact.tick(at: .start) == .settled(.unanswered))
  }

  @Test("from elsewhere than the beacon nothing counts: no answer, no challenge, no delivery")
  func strangers() {
    var contact = Self.contact()
    _ = contact.tick(at: .start)
    #expect(contact.answered(from: Self.stranger, at: .start) == false)
    #expect(contact.challenged(from: Self.stranger, at: .start) == false)
    #expect(contact.returned(from: Self.stranger) == false)
    #expect(contact.unreachable(Self.stranger, at: .start) == false)
    #expect(contact.tick(at: .start) == .wait(until: Self.at(1)))
  }

  @Test("one challenge is signed for each announcement, however many come")
  func challenges() {
    var contact = Self.contact()
    #expect(contact.challenged(from: Self.first, at: .start) == false)
    _ = contact.tick(at: .start)
    let signed = (0..<15_000).count { _ in contact.challenged(from: Self.first, at: .start) }
    #expect(signed == 1)
  }
}
