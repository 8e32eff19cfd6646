import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("Datagrams that come in fragments")
struct ReassemblyTests {
  private let start = MonotonicInstant(nanoseconds: 1_000_000_000)
  private let peers: [NodeID]

  init() throws { peers = try (1...160).map { try #require(NodeID($0)) } }

  private func header(_ source: UInt16 = 49_152) -> PacketHeader {
    PacketHeader(.fragment, from: peers[0], source, to: peers[1], 7)
  }

  private func places(_ number: UInt32, _ length: Int, room: Int) throws -> [FragmentPlace] {
    try #require(FragmentPlace.places(ofDatagram: number, length: length, room: room))
  }

  private func take(
    _ place: FragmentPlace, of datagram: [UInt8], from peer: Int = 0, source: UInt16 = 49_152,
    at now: MonotonicInstant? = nil,
    _ reassembly: inout Reassembly
  ) -> Reassembly.OnFragment {
    let part = Array(datagram[place.range])
    return reassembly.take(place, header(source), part.span.raw, from: peers[peer], at: now ?? start)
  }

  @Test("in any order they are the datagram", arguments: 1...20 as ClosedRange<UInt64>)
  func anyOrder(seed: UInt64) throws {
    var generator = SeededRandom(seed: seed)
    let datagram = (0..<Int.random(in: 2...60_000, using: &generator)).map { _ in
      UInt8.random(in: .min ... .max, using: &generator)
    }
    let room = Int.random(in: (datagram.count + 63) / 64...datagram.count - 1, using: &generator)
    var reassembly = Reassembly()
    var places = try places(1, datagram.count, room: room)
    places.shuffle(using: &generator)
    for place in places.dropLast() {
      #expect(take(place, of: datagram, &reassembly) == .waiting)
      #expect(take(place, of: datagram, &reassembly) == .repeated)
    }
    #expect(take(places[places.count - 1], of: datagram, &reassembly) == .complete(datagram))
    #expect(reassembly.deadline == nil)
    let givenUp = reassembly.takeGivenUp()
    #expect(givenUp.isEmpty)
  }

  @Test("those of two peers, and of two numbers, are kept apart")
  func keptApart() throws {
    let (one, other) = ([UInt8](repeating: 1, count: 10), [UInt8](repeating: 2, count: 10))
    let (first, second) = (try places(1, 10, room: 5), try places(2, 10, room: 5))
    var reassembly = Reassembly()
    #expect(take(first[0], of: one, from: 0, &reassembly) == .waiting)
    #expect(take(first[0], of: other, from: 1, &reassembly) == .waiting)
    #expect(take(second[0], of: other, from: 0, &reassembly) == .waiting)
    #expect(take(first[1], of: one, from: 0, &reassembly) == .complete(one))
    #expect(take(first[1], of: other, from: 1, &reassembly) == .complete(other))
    #expect(take(second[1], of: other, from: 0, &reassembly) == .complete(other))
  }

  @Test("one of another length, count or port isn't of the datagram, which stays as it is")
  func contradictions() throws {
    let datagram = [UInt8](0..<12)
    let right = try places(1, 12, room: 6)
    var reassembly = Reassembly()
    #expect(take(right[0], of: datagram, &reassembly) == .waiting)
    #expect(take(try places(1, 12, room: 4)[1], of: datagram, &reassembly) == .contradiction)
    #expect(take(try places(1, 11, room: 6)[1], of: datagram, &reassembly) == .contradiction)
    #expect(take(right[1], of: datagram, source: 50_000, &reassembly) == .contradiction)
    #expect(take(right[1], of: datagram, &reassembly) == .complete(datagram))
  }

  @Test("after two seconds nothing is waited for")
  func time() throws {
    let datagram = [UInt8](0..<12)
    let places = try places(1, 12, room: 6)
    var reassembly = Reassembly()
    #expect(take(places[0], of: datagram, &reassembly) == .waiting)
    let end = start.advanced(by: Reassembly.life)
    #expect(reassembly.deadline == end)
    reassembly.expire(at: MonotonicInstant(nanoseconds: end.nanoseconds - 1))
    let givenUp = reassembly.takeGivenUp()
    #expect(givenUp.isEmpty)
    reassembly.expire(at: end)
    let late = reassembly.takeGivenUp()
    #expect(late == [peers[0]: 1])
    #expect(reassembly.deadline == nil)
    #expect(take(places[1], of: datagram, at: end, &reassembly) == .waiting)
  }

  @Test("of a peer that never sends the last one, the newest are kept, and nobody else's go")
  func oneFloods() throws {
    let datagram = [UInt8](repeating: 3, count: 3_000)
    var reassembly = Reassembly()
    let others = try places(1, 3_000, room: 1_500)
    #expect(take(others[0], of: datagram, from: 1, &reassembly) == .waiting)
    for number in 1...1_000 as ClosedRange<UInt32> {
      #expect(take(try places(number, 3_000, room: 1_500)[0], of: datagram, &reassembly) == .waiting)
    }
    let givenUp = reassembly.takeGivenUp()
    #expect(givenUp == [peers[0]: 1_000 - Reassembly.perPeer])
    #expect(take(others[1], of: datagram, from: 1, &reassembly) == .complete(datagram))
    #expect(take(try places(1_000, 3_000, room: 1_500)[1], of: datagram, &reassembly) == .complete(datagram))
    #expect(take(try places(1, 3_000, room: 1_500)[1], of: datagram, &reassembly) == .waiting)
  }

  @Test("memory is bounded, by the peer and in all")
  func bytes() throws {
    let datagram = [UInt8](repeating: 3, count: 60_000)
    var reassembly = Reassembly()
    var (begun, full) = (0, 0)
    for number in 1...10 as ClosedRange<UInt32> {
      for peer in peers.indices {
        let outcome = take(try places(number, 60_000, room: 1_200)[0], of: datagram, from: peer, &reassembly)
        if outcome == .waiting { begun += 1 }
        if outcome == .full { full += 1 }
      }
    }
    let kept = begun - reassembly.takeGivenUp().values.reduce(0, +)
    #expect(full > 0)
    #expect(kept * 60_000 <= Reassembly.byteLimit && (kept + 1) * 60_000 > Reassembly.byteLimit)
    reassembly.expire(at: start.advanced(by: Reassembly.life))
    let late = reassembly.takeGivenUp().values.reduce(0, +)
    #expect(late == kept)
  }
}
