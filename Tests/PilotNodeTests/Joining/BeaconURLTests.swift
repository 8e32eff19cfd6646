import PilotNode
import PilotTransport
import PilotWSS
import Testing

@Suite("A beacon's URL")
struct BeaconURLTests {
  @Test(
    "The schemes are those of UDP and WebSocket, in either case",
    arguments: ["udp://b:9001", "UDP://b:9001", "wss://b", "WS://b:1"])
  func schemes(_ text: String) throws {
    let isOverUDP = text.lowercased().hasPrefix("udp")
    switch try BeaconURL(parsing: text) {
    case .udp(let host, let port): #expect(isOverUDP && host == "b" && port == 9001)
    case .wss(let url): #expect(!isOverUDP && url.host == "b")
    }
  }

  @Test(
    "What has none is told all of them", arguments: ["127.0.0.1:9001", "beacon.example", "https://b", "udp:/b:1", ""])
  func none(_ text: String) {
    let error = #expect(throws: TransportError.self) { try BeaconURL(parsing: text) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.hasSuffix("it must begin with udp://, wss:// or ws://") == true)
  }

  @Test("UDP needs a port", arguments: ["udp://b", "udp://", "udp://b:", "udp://b:0x1"])
  func port(_ text: String) {
    let error = #expect(throws: TransportError.self) { try BeaconURL(parsing: text) }
    #expect(error?.message.hasSuffix("is no beacon URL; write udp://HOST:PORT") == true)
  }
}
