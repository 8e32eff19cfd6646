import Benchmark
import PilotBeacon
import PilotTransport
import PilotWire

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput, .mallocCountTotal], scalingFactor: .kilo)
  for count in [1_000, 500_000] {
    Benchmark("relay among \(count) nodes") { benchmark in
      let crowd = Crowd(count)
      var router = crowd.registered()
      benchmark.startMeasurement()
      for index in benchmark.scaledIterations {
        let turn = index % crowd.relays.count
        let frame = crowd.relays[turn]
        blackHole(router.on(frame.span.bytes, from: crowd.sources[turn], at: .start))
      }
      benchmark.stopMeasurement()
      precondition(router.statistics.drops.total == 0)
    }
  }
  Benchmark("discover among 1000 nodes") { benchmark in
    let crowd = Crowd(1_000)
    var router = crowd.registered()
    benchmark.startMeasurement()
    for index in benchmark.scaledIterations {
      let turn = index % crowd.discovers.count
      let frame = crowd.discovers[turn]
      blackHole(router.on(frame.span.bytes, from: crowd.origin(of: turn), at: .start))
    }
    benchmark.stopMeasurement()
    precondition(router.statistics.drops.total == 0)
  }
}
