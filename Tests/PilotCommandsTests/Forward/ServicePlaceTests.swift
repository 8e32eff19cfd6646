import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("which of a service's addresses is used")
struct ServicePlaceTests {
  private static func place(_ addresses: [Endpoint]) -> ServicePlace {
    var place = ServicePlace()
    _ = place.found(addresses)
    return place
  }

  private static let six = Endpoint(high: 0, low: 1, port: 53)
  private static let four = Endpoint.loopback(port: 53)
  private static let other = Endpoint(ipv4Address: 0x7F00_0002, port: 53)

  @Test("the first one, for as long as it is one of the host's, whatever their order")
  func order() {
    var place = Self.place([Self.four, Self.other])
    #expect(place.address == Self.four)
    let turned = place.found([Self.other, Self.six, Self.four])
    #expect(!turned && place.address == Self.four)
    let moved = place.found([Self.other])
    #expect(moved && place.address == Self.other)
    let nothing = place.found([])
    #expect(!nothing && place.address == Self.other)
  }

  @Test("an answer that lacks the whole family is taken for half of one, twice in a row")
  func halfAnswers() {
    var place = Self.place([Self.six, Self.four])
    for isMoved in [false, false, true] {
      let moved = place.found([Self.four])
      #expect(moved == isMoved)
    }
    #expect(place.address == Self.four)
    place = Self.place([Self.six, Self.four])
    for answer in [[Self.four], [Self.four], [Self.four, Self.six], [Self.four], [Self.four]] {
      let moved = place.found(answer)
      #expect(!moved)
    }
    #expect(place.address == Self.six)
  }

  @Test("the next one when it refuses datagrams, and behind the last the first; once a second at most")
  func refused() {
    var place = Self.place([Self.six, Self.four, Self.other])
    var now = MonotonicInstant.start
    let elsewhere = place.refused(Self.four, at: now)
    #expect(elsewhere == nil && place.address == Self.six, "that isn't the one that is used")
    for next in [Self.four, Self.other, Self.six, Self.four] {
      let current = place.address
      let used = place.refused(current ?? Self.six, at: now)
      #expect(used == next && place.address == next)
      let late = place.refused(current ?? Self.six, at: now)
      let early = place.refused(next, at: now.advanced(by: .milliseconds(999)))
      #expect(late == nil && early == nil && place.address == next)
      now = now.advanced(by: .seconds(1))
    }
    let kept = place.found([Self.six, Self.four])
    #expect(!kept && place.address == Self.four, "a lookup doesn't lead back")
  }

  @Test("the only one stays, also where it is named twice")
  func alone() {
    for addresses in [[Self.four], [Self.four, Self.four]] {
      var place = Self.place(addresses)
      let next = place.refused(Self.four, at: .start)
      #expect(next == nil && place.address == Self.four)
    }
  }
}
