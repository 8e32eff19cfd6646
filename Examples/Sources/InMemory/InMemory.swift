// A network without a network: what a program does on a transport, tried out in memory, the bad days included.
//
//   swift run InMemory

import PilotTesting
import PilotTransport
import PilotWire

@main
enum InMemory {
  static func main() async throws {
    let network = InMemoryNetwork()
    var small = InMemoryTransport.Configuration()
    small.receiveQueue = FrameQueue.Limits(frames: 3)
    let alice = try network.makeTransport()
    let bob = try network.makeTransport(configuration: small)

    // A good day: the frame is in Bob's queue when `send` returns, so nothing here has to wait.
    report(alice, to: bob.localEndpoint, reading: 20)
    var receiver = try bob.makeReceiver()
    let frame = try await receiver.next()
    print("bob got \(frame.bytes.byteCount) byte(s) from \(frame.source)")

    // A slow reader: Bob keeps three frames, and the oldest make room. Nothing is lost without a count.
    for reading in 1...5 { report(alice, to: bob.localEndpoint, reading: UInt8(reading)) }
    print("bob dropped \(bob.counters.drops[.receiveQueueFull]) of five")

    // A lost connection: the same error as over WebSocket, at once, with the advice to wait for an event.
    alice.setSending(.reconnecting)
    report(alice, to: bob.localEndpoint, reading: 21)
    alice.setSending(.open)
    report(alice, to: bob.localEndpoint, reading: 22)

    alice.close()
    bob.close()
    // Events are kept for who reads late; `.closed` is the last one.
    for await event in alice.events { print("alice: \(event)") }
  }

  /// The code under test: written against the contract, so it neither knows nor cares what carries its frames.
  private static func report(_ transport: some Transport, to collector: Endpoint, reading: UInt8) {
    do {
      try transport.send([reading], to: collector)
    } catch {
      switch error.retry {
      case .soon: print("\(reading) dropped, the queue is full: the next one will do")
      case .afterEvent: print("\(reading) not sent, waiting for the connection (\(error.code))")
      case .later: print("\(reading) not sent, worth another try when something has changed (\(error.code))")
      case .never: print("\(reading) can't be sent: \(error)")
      @unknown default: print("\(reading) not sent: \(error)")
      }
    }
  }
}
