import PilotTransport
import PilotUDP
import PilotWire
import Testing

@testable import PilotCommands

@Suite("answers to clients of a forwarded port", .timeLimit(.minutes(1)))
struct LocalAnswersTests {
  private static func socket() throws -> UDPTransport {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = .loopback(port: 0)
    return try UDPTransport.bind(configuration)
  }

  @Test("a client gets what comes for its port from the node and port that its flow is with, and nothing else")
  func strangers() async throws {
    let (first, second, client) = (try Self.socket(), try Self.socket(), try Self.socket())
    let rules = [
      try ForwardRule(local: "\(first.localEndpoint)", target: "7:53"),
      try ForwardRule(local: "\(second.localEndpoint)", target: "8:54"),
    ]
    let (seven, eight) = (try #require(NodeID(7)), try #require(NodeID(8)))
    var flows = LocalFlows(first: 0)
    let now = MonotonicInstant.now()
    let ports = rules.indices.map { rule in
      flows.assign(LocalClient(rule: rule, address: client.localEndpoint, local: .any), at: now).port
    }
    let tallies = PeerTallies()
    let answers = LocalAnswers(rules, sockets: [first, second], flows: SharedFlows(flows), tallies: tallies)
    func tell(_ byte: UInt8, _ peer: NodeID, _ port: UInt16, to local: UInt16) {
      let payload = [byte]
      answers.receive(payload.span.raw, from: peer, port: port, to: local)
    }
    tell(90, eight, 53, to: ports[0])
    tell(91, seven, 54, to: ports[0])
    tell(92, seven, 53, to: ports[1])
    tell(93, seven, 53, to: 60_000)
    tell(1, seven, 53, to: ports[0])
    tell(2, eight, 54, to: ports[1])
    tell(3, seven, 53, to: ports[0])
    answers.drained()
    var receiver = try client.makeReceiver()
    var seen: [UInt8: Endpoint] = [:]
    while seen.count < 3 {
      let frame = try await receiver.next()
      seen[frame.bytes.copied().first ?? 0] = frame.source
    }
    #expect(seen == [1: first.localEndpoint, 2: second.localEndpoint, 3: first.localEndpoint])
    #expect(tallies.of(seven).received == 2 && tallies.of(seven).droppedHere == 3)
    #expect(tallies.of(eight).received == 1 && tallies.of(eight).droppedHere == 1)
  }

  @Test("what the socket doesn't take is dropped and counted")
  func full() throws {
    let socket = try Self.socket()
    let rules = [try ForwardRule(local: "\(socket.localEndpoint)", target: "7:53")]
    let seven = try #require(NodeID(7))
    var flows = LocalFlows(first: 0)
    let client = LocalClient(rule: 0, address: .loopback(port: 9), local: .any)
    let port = flows.assign(client, at: .now()).port
    let tallies = PeerTallies()
    let answers = LocalAnswers(rules, sockets: [socket], flows: SharedFlows(flows), tallies: tallies)
    answers.ended()
    let payload: [UInt8] = [1]
    for _ in 0..<5 { answers.receive(payload.span.raw, from: seven, port: 53, to: port) }
    answers.drained()
    #expect(tallies.of(seven).droppedHere == 5)
  }
}
