public import PilotWire

extension Transport {
  /// Sends an array as one datagram. See ``send(_:to:)-(RawSpan,_)``.
  public func send(_ bytes: [UInt8], to destination: Endpoint) throws(TransportError) {
    try send(bytes.span.raw, to: destination)
  }
}

extension Transport {
  /// Copies both parts into one frame, and sends it.
  public func send(header: RawSpan, payload: RawSpan, to destination: Endpoint) throws(TransportError) {
    let frame = [UInt8](rawCapacity: header.byteCount + payload.byteCount) { output in
      output.append(contentsOf: header)
      output.append(contentsOf: payload)
    }
    try send(frame.span.raw, to: destination)
  }
}

extension FrameBatch {
  /// Copies an array into the batch. See ``append(_:to:from:)-(RawSpan,_,_)``.
  ///
  /// - Returns: Whether it fitted. If not, send what is there first.
  public mutating func append(_ bytes: [UInt8], to destination: Endpoint, from local: LocalAddress = .any) -> Bool {
    append(bytes.span.raw, to: destination, from: local)
  }
}
