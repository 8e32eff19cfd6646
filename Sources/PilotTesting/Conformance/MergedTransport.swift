package import PilotTransport
package import PilotWire

/// Two transports as one whose receiver is merged from theirs: for holding merged receivers against the contract.
///
/// Sending, counting and events are the first one's; the second is only listened to.
package final class MergedTransport: Transport {
  private let first: any Transport
  private let second: any Transport

  package init(_ first: any Transport, listeningTo second: any Transport) {
    self.first = first
    self.second = second
  }

  package var localEndpoint: Endpoint { first.localEndpoint }
  package var maximumFrameLength: Int { first.maximumFrameLength }
  package var counters: TransportCounters { first.counters }
  package var events: TransportEvents { first.events }

  package func makeReceiver() throws(TransportError) -> Receiver {
    let receiver = try first.makeReceiver()
    return Receiver.merging(receiver, try second.makeReceiver())
  }

  package func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    try first.send(frame, to: destination)
  }

  package func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    try first.send(contentsOf: batch)
  }

  package func close() {
    second.close()
    first.close()
  }
}
