import PilotTransport
import PilotWSS
import PilotWire
import Testing

@testable import PilotBeacon

@Suite("Peers that attach to a full beacon")
struct PeerRedirectTests {
  private static let place = WSSURL(host: "b.example")

  @Test("Whoever attaches beyond the number is told where to go and when, if he speaks pilot.v2")
  func beyond() throws {
    let redirect = try #require(PeerRedirect(.init(beyond: 3, to: Self.place)))
    for peers in 1...3 { #expect(redirect.text(isOwn: true, peers: peers) == nil) }
    #expect(redirect.text(isOwn: false, peers: 4) == nil)
    let text = try #require(redirect.text(isOwn: true, peers: 4))
    #expect(text == #"{"type":"drain","from_ms":2000,"until_ms":5000,"to":"wss://b.example/v1/compat"}"#)
    guard case .drain(let notice) = try HandshakeMessage(parsing: Array(text.utf8).span.raw) else {
      Issue.record("it is another message")
      return
    }
    #expect(notice.place == Self.place.description)
  }

  @Test(
    "What would never send anybody on, or nowhere, is refused",
    arguments: [(0, 10), (-1, 10), (10, 10), (11, 10), (1, nil)])
  func refused(_ peers: Int, _ connections: Int?) {
    let limits = connections.map { count in
      var limits = WSSLimits()
      limits.maximumConnections = count
      return limits
    }
    let error = #expect(throws: TransportError.self) {
      try BeaconServer.Configuration.Redirect(beyond: peers, to: Self.place).validate(limits)
    }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("redirect.peers") == true)
  }

  @Test("A place that no text holds is refused")
  func long() throws {
    let place = try WSSURL(parsing: "wss://b.example/" + String(repeating: "x", count: 600))
    let error = #expect(throws: TransportError.self) {
      try BeaconServer.Configuration.Redirect(beyond: 1, to: place).validate(WSSLimits())
    }
    #expect(error?.message.contains("redirect.place") == true)
  }
}
