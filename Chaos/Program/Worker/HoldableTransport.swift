import PilotTransport
import PilotWire

/// An honest node's transport, which takes nothing while the station is held: what a node does of its own accord would go
/// on while the processes are asked for their counts, one after the other. What is refused, the node tries again later.
///
/// Whoever has to speak meanwhile uses ``base``.
final class HoldableTransport: Transport {
  let base: any Transport
  private let station: Station

  init(_ base: any Transport, of station: Station) {
    self.base = base
    self.station = station
  }

  var localEndpoint: Endpoint { base.localEndpoint }
  var maximumFrameLength: Int { base.maximumFrameLength }
  var counters: TransportCounters { base.counters }
  var events: TransportEvents { base.events }

  func makeReceiver() throws(TransportError) -> Receiver { try base.makeReceiver() }

  func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    try checkHold()
    try base.send(frame, to: destination)
  }

  func send(header: RawSpan, payload: RawSpan, to destination: Endpoint) throws(TransportError) {
    try checkHold()
    try base.send(header: header, payload: payload, to: destination)
  }

  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    try checkHold()
    return try base.send(contentsOf: batch)
  }

  func close() { base.close() }

  private func checkHold() throws(TransportError) {
    if station.isHeld { throw TransportError(code: .backpressure, message: "the nodes are held") }
  }
}
