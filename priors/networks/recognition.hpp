#pragma once

#include "priors/networks/table.hpp"

namespace lvtino::nn {

/// A network that a file holds, wholly or nearly.
struct Recognised {
  const Architecture* architecture;
  std::string title;   ///< of the published configuration that fits best
  std::string scheme;  ///< naming scheme
  std::string key;     ///< of the dictionary that it lies in; "": the whole file
  Differences differences;
};

/// The networks of the table that lie in a file with these tensors, best first. A network is looked
/// for where the telltale of one of its schemes is, at the top or one dictionary down, and its
/// whole listing compared at each published configuration; no telltale counts twice. What a file
/// holds for other networks is not unexpected.
std::vector<Recognised> recognise(const TensorList& tensors,
                                  const std::vector<NetworkEntry>& table = network_table());

/// Title and naming of the published file whose canonical listing has this SHA-256; "" for none.
std::string published_listing(const std::string& sha256);

}  // namespace lvtino::nn
