print("think2seg")
