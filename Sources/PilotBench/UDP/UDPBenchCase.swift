import ArgumentParser

/// What `pilot bench udp` can measure.
enum UDPBenchCase: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// Batches to one destination.
  case bulk
  /// Batches whose frames go to many destinations in turn.
  case mixed
  /// Frames sent one by one.
  case single
  /// Several tasks that send one by one on one transport.
  case senders
  /// One frame there and back at a time.
  case roundTrip = "round-trip"
}

/// Which ends of a measurement are in this process.
enum UDPBenchRole: String, CaseIterable, ExpressibleByArgument, Sendable {
  case both, send, receive
}
