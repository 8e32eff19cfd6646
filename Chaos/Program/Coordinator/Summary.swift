import ChaosCore

/// What came of a run.
struct Summary: Sendable {
  /// A process at a quiet moment.
  struct Sample: Sendable {
    let name: String
    let process: Int32
    let vitals: Vitals
  }

  var rounds: [RoundRecord] = []
  var faults: [String: Int] = [:]
  var complaints: [String] = []
  var samples: [Sample] = []
  /// Promises that were broken, one line each.
  var broken: [String] = []

  mutating func add(_ record: RoundRecord) { rounds.append(record) }

  mutating func add(_ name: String, _ process: Int32, _ vitals: Vitals?) {
    if let vitals { samples.append(Sample(name: name, process: process, vitals: vitals)) }
  }

  mutating func judge(_ plan: Plan) {
    broken = complaints
    for record in rounds {
      let name = "round \(record.round.number + 1) (\(record.round.weather.rawValue))"
      for stage in record.ledger.unbalanced {
        broken.append(
          "\(name): \(stage.name): \(stage.entered) went in, \(stage.left) are accounted for, \(stage.unaccounted) are not"
        )
      }
      for finding in Finding.allCases where record.nodes[finding] > 0 {
        broken.append("\(name): \(record.nodes[finding]) deliveries were \(finding.rawValue)")
      }
      if record.delivered > record.sent {
        broken.append("\(name): \(record.delivered) frames were delivered, and only \(record.sent) sent")
      }
    }
  }
}
