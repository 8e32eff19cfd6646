import PilotWire

extension BeaconLink.Reception {
  /// What a frame of the beacon's is that is no delivery.
  init(ofControl frame: RawSpan) {
    self = (try? Gone(parsing: frame)).map { .gone($0.destination) } ?? .control
  }
}
