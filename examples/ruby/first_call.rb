# Calls the component calc on a davitd: first_call.rb [HOST:PORT]

require "davit/v1/call_service_services_pb"

include Davit::V1

CALLS = CallService::Stub.new(ARGV.fetch(0, "127.0.0.1:7447"), :this_channel_is_insecure, timeout: 5)

# Calls on a fresh instance, which is dropped afterwards.
def invoke(function, *args)
  component = "tenants/default/components/calc"
  request = CallRequest.new(component:, function: "bench:calc/api##{function}", args:)
  CALLS.call(request).results.first
end

puts "3 + 4 = #{invoke("add", Val.new(u32: 3), Val.new(u32: 4)).u32}"
puts "#{invoke("echo-string", Val.new(string: "a boat")).string}, lowered and lifted"

begin # What does not fit is refused before the guest runs.
  invoke("add", Val.new(u32: 3), Val.new(string: "four"))
rescue GRPC::InvalidArgument => error
  puts "refused: #{error.details}"
end
