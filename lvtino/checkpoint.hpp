#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lvtino/sample_series.hpp"

namespace lvtino {

/// What stands on the disk between two steps of a run.
struct Checkpoint {
  SeriesState series;
  std::vector<TraceEntry> trace;
};

/// Keeps the last whole step of one run in a folder: arrays under names of their step, then
/// state.json, which makes them count. Interrupted at any moment, the folder holds a whole step.
class CheckpointFolder {
 public:
  /// `key` identifies the run (a digest of its resolved spec).
  CheckpointFolder(std::string folder, std::string key);

  /// Throws IoError.
  void save(const Checkpoint& checkpoint) const;
  /// The last one saved; none if the folder holds none. Throws IoError if it is damaged, SpecError if
  /// it belongs to another run.
  std::optional<Checkpoint> load() const;
  void remove() const;

 private:
  std::string folder_, key_;
};

}  // namespace lvtino
