#pragma once

#include <ostream>
#include <string>

#include "priors/networks/recognition.hpp"

namespace lvtino {

/// Tells what a weight file holds: its container, how many tensors of which dtype, parameters, the
/// SHA-256 of its canonical listing, the networks it is recognised as, and how it strays from them.
/// Reads names and shapes, not the weights. With a `key`, only of what lies below it.
/// Throws IoError.
void inspect_weights(const std::string& path, const std::string& key, std::ostream& out,
                     const std::vector<nn::NetworkEntry>& table = nn::network_table());

}  // namespace lvtino
