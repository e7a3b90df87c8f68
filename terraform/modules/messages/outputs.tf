output "topics" {
  description = "Names of topics, dead letters too."
  value = merge(
    { for name, topic in google_pubsub_topic.all : name => topic.name },
    { for topic in google_pubsub_topic.dead : topic.name => topic.name },
  )
}

output "subscriptions" {
  description = "Names of subscriptions, dead letters too."
  value = merge(
    { for name, subscription in google_pubsub_subscription.all : name => subscription.name },
    { for subscription in google_pubsub_subscription.dead : subscription.name => subscription.name },
  )
}
