import PilotTransport
import PilotUDP
import PilotWire
import Testing

/// What an error advises, held against what then happens.
@Suite(.timeLimit(.minutes(1)))
struct RetryAdviceTests {
  @Test func `a port that another has can be bound later`() throws {
    let first = try UDPTransport.ipv4()
    let taken = first.localEndpoint
    do {
      _ = try UDPTransport.at(taken)
      Issue.record("the port is taken")
    } catch let error as TransportError {
      #expect(error.code == .bindFailed)
      #expect(error.retry == .later(after: nil))
    }
    first.close()
    try UDPTransport.at(taken).close()
  }

  @Test func `what this transport doesn't reach and what it doesn't carry never succeeds`() throws {
    let transport = try UDPTransport.ipv4()
    let (nowhere, peer) = (Endpoint.loopback(port: 0), transport.localEndpoint)
    for _ in 0..<2 {
      let refusal = #expect(throws: TransportError.self) { try transport.send([1], to: nowhere) }
      #expect(refusal?.code == .invalidDestination)
      #expect(refusal?.retry == .never)
      let tooLong = #expect(throws: TransportError.self) { try transport.send(pattern(65_508), to: peer) }
      #expect(tooLong?.retry == .never)
    }
  }

  @Test func `a receiver that was handed out, and a transport that is closed, never come again`() throws {
    let transport = try UDPTransport.ipv4()
    _ = try transport.makeReceiver()
    for code in [TransportError.Code.receiverTaken, .closed] {
      for _ in 0..<2 {
        let refusal = #expect(throws: TransportError.self) { _ = try transport.makeReceiver() }
        #expect(refusal?.code == code)
        #expect(refusal?.retry == .never)
      }
      transport.close()
    }
  }
}
