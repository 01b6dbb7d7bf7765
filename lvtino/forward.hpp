#pragma once

#include <string>

namespace lvtino {

/// One pass through a published network, from file to file.
struct ForwardRequest {
  std::string model;  ///< MODEL.json
  std::string in;     ///< safetensors: the inputs by name
  std::string out;    ///< safetensors: the outputs by name
  std::string block;  ///< a part of the network; "": all of it
};

/// Runs the network that MODEL.json describes. Its keys:
///
///   architecture  a name of `network_table`
///   config        of the network; what is left out is the published one's
///   weights       a file that `open_checkpoint` reads, relative to MODEL.json; "random": untrained
///   key           the dictionary of the file that holds them ("generator")
///   seed          of random weights
///   precision     float32, bfloat16, float16: of weights, computation and outputs
///   device        cpu, cuda
///
/// Inputs of floating-point numbers are rounded to the precision, but for the numbers "timestep"
/// and "time_ids". Throws SpecError, IoError, ShapeError that names the input.
void forward_network(const ForwardRequest& request);

}  // namespace lvtino
