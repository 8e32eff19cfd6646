import PilotConsole
import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("what pilot forward tells")
struct ForwardReportTests {
  private static let statistics = PeerStatistics(
    sent: 3, received: 2, sentBytes: 300, receivedBytes: 200, roundTrip: 1_234,
    dropped: [.init(reason: "too_large", count: 1), .init(reason: "expired", count: 0)])

  @Test("lines of JSON have their fixed forms")
  func lines() throws {
    let peer = try #require(NodeID(7))
    let rule = try ForwardRule(local: "127.0.0.1:0", target: "7:53")
    let served = try ServeRule(parsing: "53=127.0.0.1:5300")
    let expected: [(ForwardEvent, String)] = [
      (.waiting(reason: "it \"sleeps\""), #"{"event":"waiting","reason":"it \"sleeps\""}"#),
      (.ready(rule, local: .loopback(port: 5_353)), #"{"event":"ready","local":"127.0.0.1:5353"}"#),
      (.serving(served), #"{"event":"ready","port":53,"service":"127.0.0.1:5300"}"#),
      (.path(peer, .direct), #"{"event":"path","peer":7,"path":"direct"}"#),
      (.path(peer, .relayUDP), #"{"event":"path","peer":7,"path":"relay-udp"}"#),
      (.path(peer, .relayWSS), #"{"event":"path","peer":7,"path":"relay-wss"}"#),
      (.path(peer, .none), #"{"event":"path","peer":7,"path":"none"}"#),
      (.refused(peer, .unknown), #"{"event":"refused","peer":7,"reason":"unknown"}"#),
      (.refused(peer, .notAllowed), #"{"event":"refused","peer":7,"reason":"not_allowed"}"#),
      (.refused(peer, .wrongKey), #"{"event":"refused","peer":7,"reason":"wrong_key"}"#),
      (.gone(peer), #"{"event":"gone","peer":7}"#),
      (.silent(peer), #"{"event":"silent","peer":7}"#),
      (
        .service(served, at: .loopback(port: 5_300), fault: "no"),
        #"{"event":"service","port":53,"state":"down","address":"127.0.0.1:5300","reason":"no"}"#
      ),
      (.service(served, at: nil, fault: "no"), #"{"event":"service","port":53,"state":"down","reason":"no"}"#),
      (
        .service(served, at: .loopback(port: 5_300), fault: nil),
        #"{"event":"service","port":53,"state":"up","address":"127.0.0.1:5300"}"#
      ),
      (.tooLarge(peer, length: 1_300, limit: 1_153), #"{"event":"too_large","peer":7,"bytes":1300,"limit":1153}"#),
      (
        .stats(peer, Self.statistics),
        #"{"event":"stats","peer":7,"sent":3,"received":2,"sent_bytes":300,"received_bytes":200,"rtt_us":1234,"#
          + #""dropped":{"too_large":1,"expired":0}}"#
      ),
    ]
    for (event, line) in expected {
      #expect(event.json.line == line)
      #expect(!event.words.isEmpty && !event.words.contains("\n"))
    }
  }

  @Test(
    "rates have three digits and a unit",
    arguments: [
      (UInt64(0), "0 bit/s"), (1, "8 bit/s"), (124, "992 bit/s"), (125, "1.00 kbit/s"), (1_249, "9.99 kbit/s"),
      (1_250, "10.0 kbit/s"), (12_493, "99.9 kbit/s"), (12_500, "100 kbit/s"), (124_999, "1.00 Mbit/s"),
      (150_000_000, "1.20 Gbit/s"), (UInt64.max / 8, "18446744074 Gbit/s"),
    ])
  func rates(_ bytes: UInt64, _ text: String) {
    #expect(ForwardStatus.rate(bytes, over: 1_000) == text)
  }

  @Test("the status is the busiest peer's, with rates since the last time, and fits a terminal")
  func status() throws {
    var status = ForwardStatus()
    let (seven, nine) = (try #require(NodeID(7)), try #require(NodeID(9)))
    var busy = PeerStatistics()
    let idle = PeerStatistics(sentBytes: 1 << 40)
    func peers() -> [ForwardStatus.Peer] {
      [
        .init(id: seven, path: .relayWSS, statistics: busy), .init(id: nine, path: .direct, statistics: idle),
      ]
    }
    let none = status.line([], at: .start)
    #expect(none == "no peer yet")
    _ = status.line(peers(), at: .start.advanced(by: .seconds(1)))
    busy.sentBytes = 250_000
    busy.receivedBytes = 12_500
    busy.roundTrip = 42_120
    busy.dropped = [.init(reason: "expired", count: 3)]
    let line = status.line(peers(), at: .start.advanced(by: .seconds(3)))
    #expect(line == "node 7: relay over wss, 42.1 ms, out 1.00 Mbit/s, in 50.0 kbit/s, 3 dropped, 1 more")
    busy = PeerStatistics()
    let begunAnew = status.line([.init(id: seven, path: .none, statistics: busy)], at: .start.advanced(by: .seconds(4)))
    #expect(begunAnew == "node 7: no path, -, out 0 bit/s, in 0 bit/s, 0 dropped")
  }

  @Test("a service that is down is said once, and once that it is up again; not more often than each second")
  func service() {
    var health = ServiceHealth()
    var now = MonotonicInstant.start
    let up = health.answer(at: now)
    #expect(up == nil)
    let down = health.refuse("why", at: now)
    #expect(down == .down(reason: "why"))
    for _ in 0..<5 {
      let again = health.refuse("why", at: now)
      #expect(again == nil)
    }
    #expect(health.refused == 6 && health.isDown)
    let early = health.answer(at: now.advanced(by: .milliseconds(999)))
    #expect(early == nil)
    now = now.advanced(by: .seconds(1))
    let answer = health.answer(at: now)
    #expect(answer == .up && !health.isDown)
  }

  @Test("a service's address is named where its host is a name, and a wrong key isn't said to be the peer's")
  func words() throws {
    let (named, literal) = (try ServeRule(parsing: "53=localhost:53"), try ServeRule(parsing: "53=127.0.0.1:53"))
    let address = Endpoint.loopback(port: 53)
    let fault = ServiceFault(address: .loopback(port: 53), reason: "refused", next: .loopback(port: 54))
    #expect(
      ForwardEvent.service(named, at: address, fault: fault.words).words
        == "localhost:53 (127.0.0.1:53) takes nothing: refused; 127.0.0.1:54 is tried next")
    #expect(ForwardEvent.service(named, at: address, fault: nil).words == "localhost:53 (127.0.0.1:53) answers again")
    #expect(ForwardEvent.service(literal, at: address, fault: nil).words == "127.0.0.1:53 answers again")
    #expect(ForwardEvent.service(named, at: nil, fault: "no").words == "localhost:53 takes nothing: no")
    let seven = try #require(NodeID(7))
    #expect(ForwardEvent.refused(seven, .wrongKey).words.hasPrefix("somebody claims to be node 7 with another key"))
  }

  @Test("a peer that doesn't answer is named once, until it does")
  func silence() throws {
    var watch = SilenceWatch()
    let peer = try #require(NodeID(7))
    func look(_ seconds: Int, isSentTo: Bool = true, answers: Bool = false) -> Bool {
      watch.look(
        at: peer, isSentTo: isSentTo, answers: answers, at: MonotonicInstant.start.advanced(by: .seconds(seconds)))
    }
    #expect(!look(0, isSentTo: false))
    #expect(!look(10) && !look(14) && look(15) && !look(16) && !look(100))
    #expect(!look(101, answers: true) && !look(102) && look(107))
    #expect(!look(108, answers: true))
    watch.explained(peer, at: .start)
    #expect(!look(200))
  }
}
