import Foundation
import PilotConsole
import PilotTransport
import PilotUDP
import PilotWire
import Testing

@testable import PilotCommands

@Suite("what peers ask of services", .timeLimit(.minutes(1)))
struct ServiceRequestsTests {
  /// What serves one service, and what it tells.
  private struct Serving {
    let requests: ServiceRequests
    let tallies = PeerTallies()
    let sockets: ConnectedSockets
    private let output: ForwardOutput
    private let pipe = Pipe()

    init(_ rule: ServeRule, at addresses: [Endpoint], for allowed: Set<NodeID>?, named: Set<NodeID> = []) throws {
      output = ForwardOutput(
        isJSON: true, console: Console(output: pipe.fileHandleForWriting.fileDescriptor, environment: [:]))
      sockets = try ConnectedSockets()
      let flows = ServiceFlows(rules: 1, sockets: sockets)
      flows.setAddresses(addresses, of: 0)
      requests = ServiceRequests(
        [rule], for: allowed, flows: flows, sockets: sockets, health: ServiceHealthBook([rule], output: output),
        refusals: RefusalReport(named: named, output: output), tallies: tallies)
    }

    func ask(_ byte: UInt8, as peer: NodeID) {
      let payload = [byte]
      requests.receive(payload.span.raw, from: peer, port: 50_000, to: 53)
    }

    /// What was told by now.
    func told() -> String {
      output.write(".")
      var text = ""
      while !text.hasSuffix(".\n") { text += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self) }
      return String(text.dropLast(2))
    }
  }

  @Test("a peer that this process sends to, and that --allow doesn't name, has a session and no service")
  func allowed() async throws {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = .loopback(port: 0)
    let service = try UDPTransport.bind(configuration)
    defer { service.close() }
    let (seven, nine) = (try #require(NodeID(7)), try #require(NodeID(9)))
    let rule = try ServeRule(parsing: "53=\(service.localEndpoint)")
    let rules = try ForwardRules(
      local: [ForwardRule(local: "127.0.0.1:0", target: "7:53")], served: [rule], allow: ["9"])
    #expect(rules.connectable == [seven, nine] && rules.named == [seven, nine])
    let serving = try Serving(rule, at: [service.localEndpoint], for: rules.allowed, named: rules.named)
    defer { serving.sockets.close() }
    serving.ask(1, as: seven)
    serving.ask(2, as: nine)
    serving.ask(3, as: seven)
    serving.requests.drained()
    #expect(serving.told() == #"{"event":"refused","peer":7,"reason":"not_allowed"}"# + "\n")
    #expect(serving.tallies.of(seven).droppedHere == 2 && serving.tallies.of(seven).received == 0)
    #expect(serving.tallies.of(nine).received == 1)
    var receiver = try service.makeReceiver()
    let frame = try await receiver.next()
    #expect(frame.bytes.copied() == [2])
  }

  @Test("without --allow every session may ask, and none is closed to a peer that is sent to")
  func everybody() throws {
    let rules = try ForwardRules(
      local: [ForwardRule(local: "127.0.0.1:0", target: "7:53")], served: [ServeRule(parsing: "53=127.0.0.1:9")])
    #expect(rules.connectable == nil)
  }

  @Test("why no socket leads to a service is told")
  func unopened() throws {
    let rule = try ServeRule(parsing: "53=localhost:53")
    let serving = try Serving(rule, at: [.loopback(port: 0)], for: nil)
    defer { serving.sockets.close() }
    let seven = try #require(NodeID(7))
    serving.ask(1, as: seven)
    let line = #"{"event":"service","port":53,"state":"down","address":"127.0.0.1:0","reason":""#
    #expect(serving.told().hasPrefix(line))
    #expect(serving.tallies.of(seven).droppedHere == 1)
  }
}
